//! How much memory a training takes.

use crate::error::NnError;
use crate::group::{Group, max_groups};
use crate::inference::InferenceTiles;
use crate::spec::CheckedNetworkSpec;

/// Copies of the parameters that a training keeps: the network and the best one so far, the gradient, the optimiser's two means, and the
/// packed weights of forward pass, backward pass and forecasts.
const COPIES: usize = 8;

/// Returns about how many bytes a training on the CPU takes: a batch of `batch_size` windows of `lookback` steps in work, the parameters
/// and what the optimiser keeps of them, and a forward pass on one thread. The data are not counted.
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
