//! What a process takes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Pause between two looks at the process.
const PAUSE: Duration = Duration::from_millis(20);

/// What a process takes, or may take: bytes of memory and disk, and numbers of threads and descriptors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) memory: u64,
    pub(crate) disk: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
}

impl Usage {
    /// Returns what a process takes now, with the files of `data`; `None` when it is gone.
    fn of(process: u32, data: &Path) -> Option<Self> {
        let folder = PathBuf::from(format!("/proc/{process}"));
        let status = fs::read_to_string(folder.join("status")).ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self {
            memory: 1024 * field("RssAnon")?,
            disk: bytes_in(data),
            threads: field("Threads")?,
            descriptors: fs::read_dir(folder.join("fd")).ok()?.count() as u64,
        })
    }

    /// Returns the larger of each.
    fn most(self, other: Self) -> Self {
        Self {
            memory: self.memory.max(other.memory),
            disk: self.disk.max(other.disk),
            threads: self.threads.max(other.threads),
            descriptors: self.descriptors.max(other.descriptors),
        }
    }

    /// Returns how much more this is than `before`.
    fn above(self, before: Self) -> Self {
        Self {
            memory: self.memory.saturating_sub(before.memory),
            disk: self.disk.saturating_sub(before.disk),
            threads: self.threads.saturating_sub(before.threads),
            descriptors: self.descriptors.saturating_sub(before.descriptors),
        }
    }

    /// Returns what is more than `bound`, each with both numbers.
    pub(crate) fn beyond(self, bound: Self) -> Vec<String> {
        let pairs = [
            ("memory", self.memory, bound.memory),
            ("disk", self.disk, bound.disk),
            ("threads", self.threads, bound.threads),
            ("descriptors", self.descriptors, bound.descriptors),
        ];
        let beyond = pairs.into_iter().filter(|(_, used, bound)| used > bound);
        beyond.map(|(name, used, bound)| format!("{name}: {used} of at most {bound}")).collect()
    }
}

/// Looks at a process until it is asked for the most that it took above what it took at first.
pub(crate) struct Watch {
    stopping: Arc<AtomicBool>,
    watcher: JoinHandle<Option<Usage>>,
}

impl Watch {
    /// Begins.
    pub(crate) fn begin(process: u32, data: PathBuf) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let watcher = std::thread::spawn({
            let stopping = Arc::clone(&stopping);
            move || {
                let first = Usage::of(process, &data)?;
                let mut most = first;
                while !stopping.load(Ordering::Relaxed) {
                    std::thread::sleep(PAUSE);
                    most = most.most(Usage::of(process, &data)?);
                }
                Some(most.above(first))
            }
        });
        Self { stopping, watcher }
    }

    /// Returns the most so far, and ends; `None` when the process ended before.
    pub(crate) fn end(self) -> Option<Usage> {
        self.stopping.store(true, Ordering::Relaxed);
        self.watcher.join().unwrap()
    }
}

/// Returns how long the files of a folder are; what goes while it is looked at counts as nothing.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_in(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}
