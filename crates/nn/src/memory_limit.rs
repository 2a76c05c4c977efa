//! Limits on the memory of trainings and forecasts.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum working memory, in bytes, of a training and of all threads of a forward pass. A single tile of a forward pass takes
/// less for every valid network, so every trained network can forecast.
pub(crate) const MAX_BYTES: usize = 4 << 30;

/// Divisor of the training memory that gives the memory of its forward passes.
const FORWARD_SHARE: usize = 4;

static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Limits the memory of each training in this process, in bytes. The default is 4 GiB for training and 4 GiB for forecasts.
///
/// The limit is global to the process: set it once, before the first training.
pub fn limit_training_memory(bytes: usize) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Returns the bytes that each of `concurrent` trainings may take.
#[must_use]
pub fn training_memory(concurrent: usize) -> usize {
    (LIMIT.load(Ordering::Relaxed) / concurrent.max(1)).min(MAX_BYTES)
}

/// Returns the bytes that a forward pass on all threads may take.
pub(crate) fn forward_memory() -> usize {
    (LIMIT.load(Ordering::Relaxed) / FORWARD_SHARE).min(MAX_BYTES)
}
