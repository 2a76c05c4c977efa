//! Layer norm, with the equations and the ε of the CPU's kernels.

use burn_tensor::Tensor;

use super::tensors::{Gradient, Parameters, sum_rows};
use crate::kernels::NORM_EPSILON;
use crate::parameters::NormSlots;

/// A layer's norm.
pub(super) struct Norm<'a> {
    slots: &'a NormSlots,
    /// γ, `[1, width]`.
    weight: Tensor<2>,
    /// β, `[1, width]`.
    bias: Tensor<2>,
}

/// What the backward pass needs.
pub(super) struct NormTrace {
    /// `[row, width]`.
    centred: Tensor<2>,
    /// The reciprocal of the standard deviation, `[row, 1]`.
    inverse: Tensor<2>,
}

impl<'a> Norm<'a> {
    pub(super) fn new(slots: &'a NormSlots, parameters: &Parameters) -> Self {
        Self { slots, weight: parameters.row(&slots.weight), bias: parameters.row(&slots.bias) }
    }

    pub(super) fn forward(&self, source: Tensor<2>) -> (Tensor<2>, NormTrace) {
        let difference = source.clone() - source.mean_dim(1);
        let deviation = (difference.clone().square().mean_dim(1) + NORM_EPSILON).sqrt();
        let inverse = deviation.recip();
        let centred = difference * inverse.clone();
        (centred.clone() * self.weight.clone() + self.bias.clone(), NormTrace { centred, inverse })
    }

    /// From ∂L/∂y to ∂L/∂x: `r·(g − mean g − x̂·mean(g·x̂))` with `g = γ·∂L/∂y`.
    pub(super) fn backward(&self, trace: NormTrace, slopes: Tensor<2>, gradient: &mut Gradient) -> Tensor<2> {
        let NormTrace { centred, inverse } = trace;
        gradient.put(&self.slots.weight, sum_rows(slopes.clone() * centred.clone()));
        gradient.put(&self.slots.bias, sum_rows(slopes.clone()));
        let scaled = slopes * self.weight.clone();
        let along = (scaled.clone() * centred.clone()).mean_dim(1);
        (scaled.clone() - scaled.mean_dim(1) - centred * along) * inverse
    }
}
