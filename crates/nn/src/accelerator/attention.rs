//! Additive attention over time, with the equations of the CPU's kernels.

use burn_tensor::{Tensor, activation::softmax};

use super::lstm::Extent;
use super::tensors::{Gradient, Parameters, sum_rows};
use crate::parameters::AttentionSlots;

/// The attention with its weights.
pub(super) struct Attention<'a> {
    extent: Extent,
    slots: &'a AttentionSlots,
    /// W, `[hidden, width]`.
    weight: Tensor<2>,
    /// `[1, hidden]`.
    bias: Tensor<2>,
    /// v, `[1, hidden]`.
    score: Tensor<2>,
}

/// What the backward pass needs.
pub(super) struct AttentionTrace {
    /// y, `[step·batch, width]`.
    values: Tensor<2>,
    /// u, `[step·batch, hidden]`.
    units: Tensor<2>,
    /// α, `[step, batch]`.
    shares: Tensor<2>,
}

impl<'a> Attention<'a> {
    pub(super) fn new(extent: Extent, slots: &'a AttentionSlots, parameters: &Parameters) -> Self {
        Self {
            extent,
            slots,
            weight: parameters.matrix(&slots.weight, slots.weight.len() / extent.hidden),
            bias: parameters.row(&slots.bias),
            score: parameters.row(&slots.score),
        }
    }

    /// Returns the context, `[batch, width]`.
    pub(super) fn forward(&self, values: Tensor<2>) -> (Tensor<2>, AttentionTrace) {
        let Extent { steps, batch, .. } = self.extent;
        let width = values.dims()[1];
        let units = (values.clone().matmul(self.weight.clone().transpose()) + self.bias.clone()).tanh();
        let scores = units.clone().matmul(self.score.clone().transpose()).reshape([steps, batch]);
        let shares = softmax(scores, 0);
        let weighted = values.clone() * shares.clone().reshape([steps * batch, 1]);
        let context = weighted.reshape([steps, batch, width]).sum_dim(0).reshape([batch, width]);
        (context, AttentionTrace { values, units, shares })
    }

    /// From ∂L/∂context, `[batch, width]`, to ∂L/∂y.
    pub(super) fn backward(&self, trace: AttentionTrace, slopes: Tensor<2>, gradient: &mut Gradient) -> Tensor<2> {
        let Extent { steps, batch, .. } = self.extent;
        let AttentionTrace { values, units, shares } = trace;
        let slopes = slopes.repeat_dim(0, steps);
        let of_shares = (slopes.clone() * values.clone()).sum_dim(1).reshape([steps, batch]);
        let mean = (shares.clone() * of_shares.clone()).sum_dim(0);
        let of_scores = (shares.clone() * (of_shares - mean)).reshape([steps * batch, 1]);
        gradient.put(&self.slots.score, sum_rows(of_scores.clone() * units.clone()));
        let of_sums = of_scores.matmul(self.score.clone()) * (-units.square() + 1.0);
        gradient.put(&self.slots.weight, of_sums.clone().transpose().matmul(values));
        gradient.put(&self.slots.bias, sum_rows(of_sums.clone()));
        slopes * shares.reshape([steps * batch, 1]) + of_sums.matmul(self.weight.clone())
    }
}
