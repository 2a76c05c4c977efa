//! Whose the files are: what one user makes for itself alone, another that serves the same folder cannot read.

use std::path::Path;

use super::Finding;

/// Names what in the data folder does not belong to the owner of the folder, such as what a command run with `sudo` has made there.
/// Nothing where there are no owners.
pub(super) fn finding(folder: &Path) -> Option<Finding> {
    #[cfg(unix)]
    return unix::look(folder);
    #[cfg(not(unix))]
    {
        _ = folder;
        None
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        fs,
        os::unix::fs::MetadataExt as _,
        path::{Path, PathBuf},
    };

    use super::super::Finding;
    use crate::plural::counted;

    /// What lies in a folder, by owner.
    #[derive(Default)]
    struct Owners {
        /// Files and folders of the folder's owner.
        own: usize,
        /// Those of others.
        foreign: Vec<PathBuf>,
    }

    pub(super) fn look(folder: &Path) -> Option<Finding> {
        let about = fs::metadata(folder).ok()?;
        let mut found = Owners::default();
        collect(folder, about.uid(), &mut found);
        let is_for_its_owner = found.own > 0 || rustix::process::geteuid().as_raw() == about.uid();
        let first = found.foreign.first().filter(|_| is_for_its_owner)?.display();
        let (count, shown) = (counted(found.foreign.len(), "file or folder"), folder.display());
        let (user, group) = (about.uid(), about.gid());
        let detail =
            format!("{count} in {shown} do not belong to the owner of the folder, user {user}; one of them: {first}");
        let remedy = format!(
            "as root, give them to the owner with `chown -hR {user}:{group} {shown}`, and run closecast as that user: \
             `sudo -u '#{user}' closecast`"
        );
        Some(Finding::warning("owners", detail).remedy(remedy))
    }

    /// Looks at what is below `folder`. Links lead elsewhere and are left out, as is what cannot be read.
    fn collect(folder: &Path, owner: u32, found: &mut Owners) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            if about.is_symlink() {
                continue;
            }
            if about.uid() == owner {
                found.own += 1;
            } else {
                found.foreign.push(entry.path());
            }
            if about.is_dir() {
                collect(&entry.path(), owner, found);
            }
        }
    }
}
