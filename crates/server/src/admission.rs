//! Limits for requests that take much memory, disk space or time.

use std::sync::Arc;

use closecast_app::limiter::ConcurrencyLimiter;

use crate::{byte_budget::ByteBudget, options::LimitSettings, security::PerCallerLimiter};

/// What takes so much room or time that only few of it are let in at a time.
#[derive(Debug)]
pub(crate) struct AdmissionLimits {
    /// Files that are being received, or wait on the disk to be read.
    pub(crate) incoming: PerCallerLimiter,
    /// Disk space of those files.
    pub(crate) incoming_bytes: Arc<ByteBudget>,
    /// Files that have arrived and are read to be stored: each takes the memory of its bars.
    pub(crate) uploads: ConcurrencyLimiter,
    /// Files that have arrived and are read to be forecast.
    pub(crate) files: ConcurrencyLimiter,
    /// Memory of the artifacts that are being sent.
    pub(crate) downloads: Arc<ByteBudget>,
    /// Comparisons of two models: each keeps a processor busy.
    pub(crate) comparisons: ConcurrencyLimiter,
    /// Requests that wait for the price source.
    pub(crate) fetches: ConcurrencyLimiter,
}

/// Files that one caller may send at the same time.
const INCOMING_PER_CALLER: usize = 2;

/// Files that all callers together may send at the same time.
const INCOMING_TOTAL: usize = 32;

/// Disk space of the files that are being received, in units of the largest file that may be sent.
const INCOMING_LARGEST_FILES: u64 = 8;

impl AdmissionLimits {
    /// Returns the rooms of the settings, all empty.
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        let incoming_bytes = ByteBudget::new(limits.upload.bytes().saturating_mul(INCOMING_LARGEST_FILES));
        Self {
            incoming: PerCallerLimiter::new(INCOMING_PER_CALLER, INCOMING_TOTAL),
            incoming_bytes: Arc::new(incoming_bytes),
            uploads: ConcurrencyLimiter::new(4, INCOMING_TOTAL),
            files: ConcurrencyLimiter::new(4, INCOMING_TOTAL),
            downloads: Arc::new(ByteBudget::new(limits.buffers.bytes())),
            comparisons: ConcurrencyLimiter::new(2, 0),
            fetches: ConcurrencyLimiter::new(8, 64),
        }
    }
}
