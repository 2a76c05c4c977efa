//! Limits on the memory of trainings and forecasts.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes of working memory of a training, and of all threads of a forward pass. A single tile of a forward pass takes less for
/// any network that there may be: whatever was trained can forecast.
pub(crate) const MAX_BYTES: usize = 4 << 30;

/// Share of the memory of a training that its forward passes may take, beside the working memory that it keeps.
const FORWARD_SHARE: usize = 4;

static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Limits the memory of each training in this process, in bytes. Without a call it is 4 GiB for training and as much for forecasts.
///
/// It is one figure for the process, as is its memory: set it once, before the first training.
pub fn limit_training_memory(bytes: usize) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Returns how many bytes each of `concurrent` trainings at the same time may take.
#[must_use]
pub fn training_memory(concurrent: usize) -> usize {
    (LIMIT.load(Ordering::Relaxed) / concurrent.max(1)).min(MAX_BYTES)
}

/// Returns how many bytes the working memory of a forward pass on all threads may take.
pub(crate) fn forward_memory() -> usize {
    (LIMIT.load(Ordering::Relaxed) / FORWARD_SHARE).min(MAX_BYTES)
}
