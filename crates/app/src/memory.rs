//! How much memory this process may use, and how it is divided.

mod cgroup;
mod plan;

use std::sync::OnceLock;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

pub use self::plan::{IMPORT_ROWS, PER_BAR, PER_IMPORTED_ROW, Plan, share};
use crate::byte_size::ByteSize;

/// Least memory that the program can be given.
pub const LEAST: ByteSize = ByteSize::megabytes(64);

/// What is assumed where the system does not say how much memory there is.
const UNKNOWN: u64 = 1 << 30;

/// Returns `detected` bytes, or [`LEAST`] where that is less: a division of less leaves nothing to work with.
pub fn at_least(detected: u64) -> u64 {
    detected.max(LEAST.bytes())
}

/// Returns what to say when `detected` bytes are less than the program can be given.
pub fn too_little(detected: u64) -> Option<String> {
    (detected < LEAST.bytes()).then(|| {
        format!(
            "machine, cgroup and resource limits allow {detected} bytes of memory, and at least {} are needed: the process may be \
             killed; give it more memory, or set memory if this limit is not meant",
            LEAST.bytes()
        )
    })
}

/// Returns the smallest of the machine's memory, the limits of the process's cgroup and of all above it, and `RLIMIT_AS`, in
/// bytes. It is looked up once: what is sized by it does not change while the program runs.
pub fn detected() -> u64 {
    static DETECTED: OnceLock<u64> = OnceLock::new();
    *DETECTED
        .get_or_init(|| [machine(), cgroup::limit(), address_space()].into_iter().flatten().min().unwrap_or(UNKNOWN))
}

fn machine() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    Some(System::new_with_specifics(memory).total_memory()).filter(|&bytes| bytes > 0)
}

#[cfg(target_os = "linux")]
fn address_space() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

#[cfg(not(target_os = "linux"))]
fn address_space() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detected_memory_is_at_most_that_of_the_machine() {
        assert!(detected() <= machine().unwrap() && detected() > 0);
        assert_eq!((at_least(0), at_least(1 << 30)), (LEAST.bytes(), 1 << 30));
        assert!(
            too_little(0).is_some_and(|warning| warning.contains("allow 0 bytes")) && too_little(1 << 30).is_none()
        );
    }
}
