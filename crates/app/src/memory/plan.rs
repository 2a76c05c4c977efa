//! How the memory of a process is divided between its caches, uploads, connections and trainings.

use closecast_store::MAX_ARTIFACT_BYTES;

/// What the program takes without caches and requests: code, thread stacks, connections to the database, pages.
const PROGRAM: u64 = 48_000_000;

/// The most that the trainings of a process may take together, however large the machine is.
const TRAINING_AT_MOST: u64 = 8 << 30;

/// What a bar in the provider's cache takes.
pub const PER_BAR: u64 = 150;

/// What a row of an imported file takes at most, from the parser to the check of its history: `crates/data/tests/memory.rs`
/// measures it.
pub const PER_IMPORTED_ROW: u64 = 480;

/// Rows of one file at most, and files that are read at a time, where memory is not short.
pub const IMPORT_ROWS: u64 = 2_000_000;
const IMPORTS_AT_A_TIME: u64 = 4;

/// How the memory of this process is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Memory that the process may use, in bytes.
    pub available: u64,
    /// Bars that the provider's cache may hold.
    pub provider_bars: usize,
    /// Rows that an imported file may have.
    pub import_rows: usize,
    /// Rows of a file that a command imports, beside which nothing else runs.
    pub import_rows_alone: usize,
    /// Files that are read at a time; others wait.
    pub imports_at_a_time: usize,
    /// Bytes of the largest artifact that is read: as bytes and as a model it is in memory some four times.
    pub artifact: u64,
    /// Bytes that one training may take beside a server.
    pub training: u64,
    /// Bytes that a training may take that a command runs, beside which nothing else runs.
    pub training_alone: u64,
    /// Bytes that everything beside trainings may take, once all of it is full.
    pub reserved: u64,
}

impl Plan {
    /// Divides `available` bytes: `held` may be taken by caches and by requests and responses, imports have a share, and `jobs` trainings
    /// at a time the rest.
    pub fn new(available: u64, held: u64, jobs: usize) -> Self {
        let provider = share(available, 16).min(75_000_000);
        let import = share(available, 4);
        let rows = (import / PER_IMPORTED_ROW).min(IMPORT_ROWS);
        let rows_alone = (3 * import / PER_IMPORTED_ROW).min(IMPORT_ROWS);
        let at_a_time = (import / (rows * PER_IMPORTED_ROW).max(1)).clamp(1, IMPORTS_AT_A_TIME);
        let reserved =
            PROGRAM.saturating_add(held).saturating_add(provider).saturating_add(rows * at_a_time * PER_IMPORTED_ROW);
        let rest = available.saturating_sub(reserved).max(share(available, 4)).min(TRAINING_AT_MOST);
        Self {
            available,
            provider_bars: usize::try_from(provider / PER_BAR).unwrap_or(usize::MAX),
            import_rows: usize::try_from(rows).unwrap_or(usize::MAX),
            import_rows_alone: usize::try_from(rows_alone).unwrap_or(usize::MAX),
            imports_at_a_time: usize::try_from(at_a_time).unwrap_or(1),
            artifact: share(available, 8).min(MAX_ARTIFACT_BYTES),
            training: rest / jobs.max(1) as u64,
            training_alone: (available - PROGRAM.min(available / 2)).min(TRAINING_AT_MOST),
            reserved,
        }
    }

    /// Limits each training of this process, which runs alone in a command and beside caches and requests in a service.
    pub fn limit_trainings(&self, is_service: bool) {
        let bytes = if is_service { self.training } else { self.training_alone };
        closecast_nn::limit_training_memory(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
}

/// Returns `1/parts` of what is left beside the program itself.
pub fn share(available: u64, parts: u64) -> u64 {
    (available - PROGRAM.min(available / 2)) / parts
}
