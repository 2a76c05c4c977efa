//! The memory limit of this process's cgroup.
//!
//! sysinfo's `Process::cgroup_limits` is not used: it ignores `memory.high`, looks for cgroup v2 only at `/sys/fs/cgroup`, and
//! finds nothing at all where the path in `/proc/self/cgroup` is that of the host (a container without a cgroup namespace).

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// A limit at or above this is none: cgroup v1 writes a number near `i64::MAX`.
const NO_LIMIT: u64 = 1 << 60;

/// The files of a hierarchy that hold a limit.
const V1: &[&str] = &["memory.limit_in_bytes"];
const V2: &[&str] = &["memory.max", "memory.high"];

/// A mounted hierarchy that can limit memory.
struct Hierarchy {
    /// Where it is mounted.
    mount: PathBuf,
    /// The cgroup that is visible at `mount`.
    root: PathBuf,
    /// The cgroup of this process, as the hierarchy names it.
    of_process: PathBuf,
    /// Files with a limit in each cgroup.
    files: &'static [&'static str],
}

/// Returns the smallest limit of this process's cgroup and of all above it that can be seen, in bytes; `None` without a limit.
pub(super) fn limit() -> Option<u64> {
    let cgroups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    limit_of(&cgroups, &mounts)
}

fn limit_of(cgroups: &str, mounts: &str) -> Option<u64> {
    mounts.lines().filter_map(|line| hierarchy(line, cgroups)).filter_map(|found| found.limit()).min()
}

/// Reads a line of `/proc/self/mountinfo`: `36 31 0:33 ROOT MOUNT OPTIONS [tags] - TYPE SOURCE OPTIONS`.
fn hierarchy(line: &str, cgroups: &str) -> Option<Hierarchy> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, mount) = (unescaped(place.next()?), unescaped(place.next()?));
    let mut kind = kind.split(' ');
    let (controller, files) = match (kind.next()?, kind.nth(1)?) {
        ("cgroup2", _) => ("", V2),
        ("cgroup", options) if options.split(',').any(|option| option == "memory") => ("memory", V1),
        _ => return None,
    };
    Some(Hierarchy { mount, root, of_process: cgroup_of(controller, cgroups)?, files })
}

/// Returns the cgroup of this process in the hierarchy of `controller`: a line is `ID:CONTROLLERS:PATH`, and that of cgroup v2
/// has no controllers.
fn cgroup_of(controller: &str, cgroups: &str) -> Option<PathBuf> {
    cgroups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        controllers.split(',').any(|one| one == controller).then(|| PathBuf::from(path))
    })
}

/// Returns a path of `mountinfo`, in which space, tab, line break and backslash are written as octal numbers.
fn unescaped(path: &str) -> PathBuf {
    let plain = path.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
    PathBuf::from(plain)
}

impl Hierarchy {
    fn limit(&self) -> Option<u64> {
        let below = self.of_process.strip_prefix(&self.root).or_else(|_| self.of_process.strip_prefix("/")).ok()?;
        // A cgroup outside the visible ones is written with "..": what can be seen is the mount alone.
        let visible = below.components().all(|part| matches!(part, Component::Normal(_)));
        let below = if visible { below } else { Path::new("") };
        // The last of the ancestors is "", which is the mount itself.
        below.ancestors().filter_map(|cgroup| self.limit_in(&self.mount.join(cgroup))).min()
    }

    fn limit_in(&self, cgroup: &Path) -> Option<u64> {
        // "max" is no number, and no limit.
        let read = |file: &&str| fs::read_to_string(cgroup.join(file)).ok()?.trim().parse::<u64>().ok();
        self.files.iter().filter_map(read).filter(|&bytes| bytes < NO_LIMIT).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of cgroups in a folder, and what `/proc` says about it.
    struct Tree {
        folder: tempfile::TempDir,
        cgroups: &'static str,
        mount: (&'static str, &'static str),
    }

    impl Tree {
        fn v2(cgroups: &'static str, root: &'static str) -> Self {
            Self { folder: tempfile::tempdir().unwrap(), cgroups, mount: (root, "cgroup2 cgroup2 rw") }
        }

        fn v1(cgroups: &'static str, root: &'static str) -> Self {
            Self { folder: tempfile::tempdir().unwrap(), cgroups, mount: (root, "cgroup cgroup rw,memory") }
        }

        fn with(self, file: &str, content: &str) -> Self {
            let path = self.folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{content}\n")).unwrap();
            self
        }

        fn limit(&self) -> Option<u64> {
            let (root, kind) = self.mount;
            let mounts = format!(
                "22 1 8:1 / / rw - ext4 /dev/sda rw\n35 31 0:32 {root} {} rw,relatime shared:5 - {kind}\n",
                self.folder.path().display()
            );
            limit_of(self.cgroups, &mounts)
        }
    }

    #[test]
    fn limit_is_the_smallest_of_the_cgroup_and_its_ancestors() {
        let tree = Tree::v2("0::/a/b\n", "/").with("a/memory.max", "700").with("a/b/memory.max", "max");
        assert_eq!(tree.limit(), Some(700));
        assert_eq!(tree.with("a/b/memory.max", "600").limit(), Some(600));
        let tree = Tree::v1("4:memory,cpu:/a/b\n0::/\n", "/").with("memory.limit_in_bytes", "9223372036854771712");
        assert_eq!(tree.limit(), None);
        let tree = tree.with("a/memory.limit_in_bytes", "500").with("a/b/memory.limit_in_bytes", "800");
        assert_eq!(tree.limit(), Some(500));
    }

    #[test]
    fn limit_includes_the_threshold_of_throttling() {
        let tree = Tree::v2("0::/a\n", "/").with("a/memory.max", "700").with("a/memory.high", "650");
        assert_eq!(tree.limit(), Some(650));
    }

    #[test]
    fn limit_is_found_when_the_process_has_no_cgroup_namespace() {
        // The container's own cgroup is mounted, while the process's path is that of the host.
        let docker = |tree: Tree, file: &str| tree.with(file, "400").limit();
        assert_eq!(docker(Tree::v2("0::/docker/1f\n", "/docker/1f"), "memory.max"), Some(400));
        assert_eq!(docker(Tree::v2("0::/docker/1f/job\n", "/docker/1f"), "job/memory.max"), Some(400));
        assert_eq!(docker(Tree::v1("4:memory:/docker/1f\n", "/docker/1f"), "memory.limit_in_bytes"), Some(400));
        // Above what the namespace shows.
        assert_eq!(docker(Tree::v2("0::/../other\n", "/"), "memory.max"), Some(400));
    }

    #[test]
    fn limit_is_absent_without_a_memory_controller() {
        assert_eq!(Tree::v2("1:cpu:/\n", "/").with("memory.max", "400").limit(), None);
        assert_eq!(Tree::v1("1:cpu:/\n0::/\n", "/").with("memory.limit_in_bytes", "400").limit(), None);
        assert_eq!(Tree::v2("0::/a\n", "/").with("a/memory.max", "nonsense").limit(), None);
    }
}
