//! The machine as it is now: processor, memory, disk.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sysinfo::{Disks, MemoryRefreshKind, RefreshKind, System};

use closecast_api::monitoring::{Capacity, SystemMeasured};

use super::snapshot::Snapshot;
use closecast_app::{error::AppError, use_cases::resources::Resources};

/// How long the figures are given again before the machine is asked anew.
const AGE: Duration = Duration::from_secs(2);

/// The machine, and what it said last.
pub(crate) struct SystemProbe {
    /// Processor use is that since the last look, so the looker is kept.
    looker: Arc<Mutex<System>>,
    seen: Snapshot<SystemMeasured>,
}

impl Default for SystemProbe {
    fn default() -> Self {
        let looker = Arc::new(Mutex::new(System::new_with_specifics(RefreshKind::nothing())));
        Self { looker, seen: Snapshot::default() }
    }
}

impl SystemProbe {
    /// Returns the figures of the last seconds; `folder` lies on the disk that is looked at.
    ///
    /// # Errors
    /// [`AppError::Internal`] when looking panicked.
    pub(crate) async fn figures(&self, folder: &Path) -> Result<Arc<SystemMeasured>, AppError> {
        let (looker, folder) = (Arc::clone(&self.looker), folder.to_owned());
        let look = async {
            let look = move || look(&mut looker.lock().unwrap_or_else(PoisonError::into_inner), &folder);
            tokio::task::spawn_blocking(look).await.map_err(|panic| AppError::Internal(panic.to_string()))
        };
        self.seen.get(AGE, look).await
    }
}

fn look(system: &mut System, folder: &Path) -> SystemMeasured {
    system.refresh_cpu_usage();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let process = Resources::now();
    SystemMeasured {
        cpu_percent: f64::from(system.global_cpu_usage()),
        processors: system.cpus().len(),
        memory: Capacity { total: system.total_memory(), available: system.available_memory() },
        disk: disk(folder),
        process_cpu_seconds: process.cpu_seconds,
        process_resident_bytes: process.resident_bytes,
        process_open_files: open_files(),
    }
}

/// Returns how many files this process has open, where the system tells.
fn open_files() -> Option<u64> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    // Reading the folder opened it.
    Some(open.saturating_sub(1))
}

/// Returns the disk that `folder` lies on: the one mounted nearest above it.
fn disk(folder: &Path) -> Option<Capacity> {
    let folder = folder.canonicalize().ok()?;
    let disks = Disks::new_with_refreshed_list();
    let above = disks.list().iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let nearest = above.max_by_key(|disk| disk.mount_point().components().count())?;
    Some(Capacity { total: nearest.total_space(), available: nearest.available_space() })
}
