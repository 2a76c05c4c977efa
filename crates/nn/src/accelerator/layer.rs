//! A layer: both directions, norm, residual connection and dropout.

use burn_tensor::Tensor;

use super::lstm::{Direction, DirectionTrace, Extent};
use super::norm::{Norm, NormTrace};
use super::tensors::{Gradient, Parameters};
use crate::parameters::ParameterLayout;
use crate::spec::CheckedNetworkSpec;
use crate::tile::steps_needed;

/// A layer with its weights.
pub(super) struct Layer<'a> {
    hidden: usize,
    directions: Vec<Direction<'a>>,
    norm: Option<Norm<'a>>,
    residual: bool,
    /// What its output is multiplied by, `[step·batch, width]`.
    mask: Option<Tensor<2>>,
}

/// What the backward pass needs.
pub(super) struct LayerTrace {
    directions: Vec<DirectionTrace>,
    norm: Option<NormTrace>,
}

impl<'a> Layer<'a> {
    pub(super) fn new(
        extent: Extent,
        (spec, index): (&CheckedNetworkSpec, usize),
        layout: &'a ParameterLayout,
        parameters: &Parameters,
        mask: Option<Tensor<2>>,
    ) -> Self {
        let only_last = index + 1 == spec.layers && !spec.attention;
        let direction = |direction: usize| {
            let reverse = direction == 1;
            let needed = steps_needed((extent.steps, only_last), reverse);
            let slots = &layout.directions[index * spec.directions() + direction];
            Direction::new(extent, (reverse, needed), slots, parameters)
        };
        Self {
            hidden: spec.hidden,
            directions: (0..spec.directions()).map(direction).collect(),
            norm: layout.norms.get(index).map(|slots| Norm::new(slots, parameters)),
            residual: spec.residual && index > 0,
            mask,
        }
    }

    /// Returns the output, `[step·batch, width]`.
    pub(super) fn forward(&self, input: Tensor<2>) -> (Tensor<2>, LayerTrace) {
        let run = |direction: &Direction<'_>| direction.forward(input.clone());
        let (outputs, directions): (Vec<_>, Vec<_>) = self.directions.iter().map(run).unzip();
        let mut output = Tensor::cat(outputs, 1);
        let mut trace = LayerTrace { directions, norm: None };
        if let Some(norm) = &self.norm {
            let (normed, of_norm) = norm.forward(output);
            (output, trace.norm) = (normed, Some(of_norm));
        }
        if self.residual {
            output = output + input;
        }
        if let Some(mask) = &self.mask {
            output = output * mask.clone();
        }
        (output, trace)
    }

    /// From ∂L/∂output to ∂L/∂input, if requested.
    pub(super) fn backward(
        &self,
        trace: LayerTrace,
        mut slopes: Tensor<2>,
        gradient: &mut Gradient,
        wants_input: bool,
    ) -> Option<Tensor<2>> {
        if let Some(mask) = &self.mask {
            slopes = slopes * mask.clone();
        }
        let mut of_input = self.residual.then(|| slopes.clone());
        if let (Some(norm), Some(trace)) = (&self.norm, trace.norm) {
            slopes = norm.backward(trace, slopes, gradient);
        }
        for (index, (direction, trace)) in self.directions.iter().zip(trace.directions).enumerate() {
            let slopes = slopes.clone().narrow(1, index * self.hidden, self.hidden);
            let part = direction.backward(trace, &slopes, gradient, wants_input);
            of_input = match (of_input, part) {
                (Some(sum), Some(part)) => Some(sum + part),
                (sum, part) => sum.or(part),
            };
        }
        of_input
    }
}
