//! Memory estimate of a training.

use crate::error::NnError;
use crate::group::{Group, max_groups};
use crate::inference::InferenceTiles;
use crate::spec::CheckedNetworkSpec;

/// Copies of the parameters in a training: the network, the best network so far, the gradient, the optimiser's two moments, and
/// the packed weights for forward pass, backward pass and inference.
const COPIES: usize = 8;

/// Estimates the bytes of a training on the CPU: the working memory of a batch of `batch_size` windows of `lookback` steps, the
/// parameters and the optimiser's state, and a forward pass on one thread. Excludes the data.
#[must_use]
pub fn training_bytes(spec: &CheckedNetworkSpec, batch_size: usize, lookback: usize) -> usize {
    let parameters = COPIES * spec.parameter_count() * size_of::<f32>();
    max_groups(batch_size) * Group::bytes(spec, lookback) + parameters + InferenceTiles::bytes(spec, lookback)
}

/// Refuses a training that would take more than `most` bytes.
pub(crate) fn check_training_memory(
    spec: &CheckedNetworkSpec,
    batch_size: usize,
    lookback: usize,
    most: usize,
) -> Result<(), NnError> {
    let bytes = training_bytes(spec, batch_size, lookback);
    if bytes > most { Err(NnError::Memory { what: "training", bytes, limit: most }) } else { Ok(()) }
}
