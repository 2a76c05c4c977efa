//! The machine as it is now: processor, memory, disk.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sysinfo::{Disks, MemoryRefreshKind, RefreshKind, System};

use super::snapshot::Snapshot;
use crate::{app::App, failure::Failure, ops::resources::Resources};

/// How long the figures are given again before the machine is asked anew.
const AGE: Duration = Duration::from_secs(2);

/// The machine, and what it said last.
pub(super) struct Machine {
    /// Processor use is that since the last look, so the looker is kept.
    looker: Arc<Mutex<System>>,
    seen: Snapshot<SystemFigures>,
}

impl Default for Machine {
    fn default() -> Self {
        let looker = Arc::new(Mutex::new(System::new_with_specifics(RefreshKind::nothing())));
        Self { looker, seen: Snapshot::default() }
    }
}

/// Figures of the machine and of this process.
pub(crate) struct SystemFigures {
    /// This process.
    pub(crate) process: Resources,
    /// Files and connections that it has open.
    pub(crate) open_files: Option<u64>,
    /// Use of all processors, from 0 to 100, since the figures before these.
    pub(crate) cpu_percent: f64,
    /// Processors.
    pub(crate) processors: usize,
    /// Memory of the machine in bytes, and how much of it can still be given out.
    pub(crate) memory: Room,
    /// The disk that holds the data, where it is known.
    pub(crate) disk: Option<Room>,
}

/// How much there is of something, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub(crate) total: u64,
    pub(crate) available: u64,
}

impl Room {
    /// Returns how much is taken.
    pub(crate) fn used(self) -> u64 {
        self.total.saturating_sub(self.available)
    }
}

/// Returns the figures of the last seconds.
///
/// # Errors
/// [`Failure::Internal`] when looking panicked.
pub(crate) async fn figures(app: &App) -> Result<Arc<SystemFigures>, Failure> {
    let machine = &app.monitor.machine;
    let (looker, folder) = (Arc::clone(&machine.looker), app.settings.data_dir.clone());
    let look = async {
        let look = move || look(&mut looker.lock().unwrap_or_else(PoisonError::into_inner), &folder);
        tokio::task::spawn_blocking(look).await.map_err(|panic| Failure::Internal(panic.to_string()))
    };
    machine.seen.get(AGE, look).await
}

fn look(system: &mut System, folder: &Path) -> SystemFigures {
    system.refresh_cpu_usage();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    SystemFigures {
        process: Resources::now(),
        open_files: open_files(),
        cpu_percent: f64::from(system.global_cpu_usage()),
        processors: system.cpus().len(),
        memory: Room { total: system.total_memory(), available: system.available_memory() },
        disk: disk(folder),
    }
}

/// Returns how many files this process has open, where the system tells.
fn open_files() -> Option<u64> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    // Reading the folder opened it.
    Some(open.saturating_sub(1))
}

/// Returns the disk that `folder` lies on: the one mounted nearest above it.
fn disk(folder: &Path) -> Option<Room> {
    let folder = folder.canonicalize().ok()?;
    let disks = Disks::new_with_refreshed_list();
    let above = disks.list().iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let nearest = above.max_by_key(|disk| disk.mount_point().components().count())?;
    Some(Room { total: nearest.total_space(), available: nearest.available_space() })
}
