//! How much memory a training takes, and how much it may take.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cpu::most_groups;
use crate::error::NnError;
use crate::group::Group;
use crate::inference::InferenceTiles;
use crate::spec::CheckedNetworkSpec;

/// The most bytes of working memory of a training, and of all threads of a forward pass. A single tile of a forward pass takes less for
/// any network that there may be: whatever was trained can forecast.
pub(crate) const MAX_BYTES: usize = 4 << 30;

/// Copies of the parameters that a training keeps: the network and the best one so far, the gradient, the optimiser's two means, and the
/// packed weights of forward pass, backward pass and forecasts.
const COPIES: usize = 8;

/// Share of the memory of a training that its forward passes may take, beside the working memory that it keeps.
const FORWARD_SHARE: usize = 4;

static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Limits the memory of each training in this process, in bytes. Without a call it is 4 GiB for training and as much for forecasts.
///
/// It is one figure for the process, as is its memory: set it once, before the first training.
pub fn limit_training_memory(bytes: usize) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Returns how many bytes each of `beside` trainings at the same time may take.
#[must_use]
pub fn training_memory(beside: usize) -> usize {
    (LIMIT.load(Ordering::Relaxed) / beside.max(1)).min(MAX_BYTES)
}

/// Returns how many bytes the working memory of a forward pass on all threads may take.
pub(crate) fn forward_memory() -> usize {
    (LIMIT.load(Ordering::Relaxed) / FORWARD_SHARE).min(MAX_BYTES)
}

/// Returns about how many bytes a training on the CPU takes: a batch of `batch_size` windows of `lookback` steps in work, the parameters
/// and what the optimiser keeps of them, and a forward pass on one thread. The data are not counted.
#[must_use]
pub fn training_bytes(spec: &CheckedNetworkSpec, batch_size: usize, lookback: usize) -> usize {
    let parameters = COPIES * spec.parameter_count() * size_of::<f32>();
    most_groups(batch_size) * Group::bytes(spec, lookback) + parameters + InferenceTiles::bytes(spec, lookback)
}

/// Refuses a training that would take more than `most` bytes.
pub(crate) fn check(spec: &CheckedNetworkSpec, batch_size: usize, lookback: usize, most: usize) -> Result<(), NnError> {
    let bytes = training_bytes(spec, batch_size, lookback);
    if bytes > most { Err(NnError::Memory { what: "training", bytes, limit: most }) } else { Ok(()) }
}
