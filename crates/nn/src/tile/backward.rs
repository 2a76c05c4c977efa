//! The backward pass of a tile.

use super::forward::{TileDropout, TileWeights, steps_needed};
use super::gradient::TileGradient;
use super::state::{LayerState, Tile};
use crate::kernels::{
    AttentionBackward, AttentionScratch, BackwardDirection, BackwardScratch, Isa, Lanes, NormBackward,
};
use crate::packed::BackwardWeights;
use crate::spec::CheckedNetworkSpec;

/// Memory of the backward pass of a tile, allocated once.
#[derive(Debug)]
pub(crate) struct TileBackward {
    /// ∂L/∂prediction, `[output]`; the caller fills it in.
    pub(crate) prediction: Vec<Lanes>,
    /// ∂L/∂ input of the head, `[direction, unit]`.
    seen: Vec<Lanes>,
    /// ∂L/∂output of the current layer, `[step][direction, unit]`.
    output: Vec<Lanes>,
    /// ∂L/∂input of the current layer, which is the output of the previous one.
    input: Vec<Lanes>,
    scratch: BackwardScratch,
    attention: Option<AttentionScratch>,
}

impl TileBackward {
    /// Allocates for windows of `steps` time steps.
    pub(crate) fn new(spec: &CheckedNetworkSpec, steps: usize) -> Self {
        Self {
            prediction: vec![Lanes::ZERO; spec.outputs],
            seen: vec![Lanes::ZERO; spec.width()],
            output: vec![Lanes::ZERO; steps * spec.width()],
            input: vec![Lanes::ZERO; steps * spec.width()],
            scratch: BackwardScratch::new(spec.hidden),
            attention: spec.attention.then(|| AttentionScratch::new(steps, spec.hidden)),
        }
    }

    /// Estimates the bytes that [`TileBackward::new`] allocates.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize) -> usize {
        2 * steps * spec.width() * size_of::<Lanes>() + BackwardScratch::bytes(spec.hidden)
    }
}

impl Tile {
    /// Adds to `gradient` the gradients of all parameters, given that of the prediction in `memory`.
    ///
    /// `dropout` must be that of the forward pass.
    pub(crate) fn backward(
        &self,
        isa: Isa,
        weights: TileWeights<'_>,
        dropout: Option<TileDropout<'_>>,
        memory: &mut TileBackward,
        gradient: &mut TileGradient,
    ) {
        let Some(packed) = weights.backward else { return };
        self.head_backward(weights, memory, gradient);
        self.output_backward(isa, weights, memory, gradient);
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let below = index.checked_sub(1).map(|below| &self.layers[below]);
            if layer.residual {
                memory.input.copy_from_slice(&memory.output);
            }
            if let (Some((weight, _)), Some(sums)) = (weights.norm(index), gradient.norms.get_mut(index)) {
                isa.run(NormBackward {
                    width: self.width,
                    weight,
                    traces: &layer.norm,
                    source: &layer.output,
                    gradient: &mut memory.output,
                    sums,
                });
            }
            self.layer_backward(isa, packed, index, memory, gradient);
            match (dropout, below) {
                (Some(dropout), Some(below)) if below.drops => {
                    isa.run(dropout.kernel(index - 1, Some(&memory.input), &mut memory.output));
                }
                _ => std::mem::swap(&mut memory.input, &mut memory.output),
            }
        }
    }

    /// The LSTM of one layer: from the gradient in `memory.output` to that in `memory.input`.
    fn layer_backward(
        &self,
        isa: Isa,
        packed: &BackwardWeights,
        index: usize,
        memory: &mut TileBackward,
        gradient: &mut TileGradient,
    ) {
        let (layer, hidden) = (&self.layers[index], self.initial.len());
        let below = index.checked_sub(1).map(|below| &self.layers[below]);
        let input = below.map_or(self.input.as_slice(), LayerState::layer_output);
        let only_last = index + 1 == self.layers.len() && self.attention.is_none();
        for (direction, state) in layer.directions.iter().enumerate() {
            let place = index * layer.directions.len() + direction;
            isa.run(BackwardDirection {
                hidden,
                reverse: direction == 1,
                needed: steps_needed((self.steps, only_last), direction == 1),
                input_weights: &packed.directions[place].input,
                hidden_weights: &packed.directions[place].hidden,
                input,
                input_width: input.len() / self.steps,
                output: &layer.output,
                output_gradient: &memory.output,
                output_width: self.width,
                output_offset: direction * hidden,
                cell: &state.cell,
                trace: &state.trace,
                input_gradient: (index > 0).then_some(memory.input.as_mut_slice()),
                accumulate_input: direction == 1 || layer.residual,
                initial: &self.initial,
                scratch: &mut memory.scratch,
                gradient: &mut gradient.directions[place],
            });
        }
    }

    /// Gradients of the head and of its input.
    fn head_backward(&self, weights: TileWeights<'_>, memory: &mut TileBackward, gradient: &mut TileGradient) {
        memory.seen.fill(Lanes::ZERO);
        let (seen, head) = (self.head_input(), weights.head_weight());
        let last_input = self.last_input();
        let skips = gradient.skip_weight.chunks_exact_mut(last_input.len());
        for (slope, sums) in memory.prediction.iter().zip(skips) {
            for (value, sum) in last_input.iter().zip(sums) {
                *sum += slope.0.iter().zip(&value.0).map(|(slope, value)| slope * value).sum::<f32>();
            }
        }
        for (output, slope) in memory.prediction.iter().enumerate() {
            gradient.head_bias[output] += slope.0.iter().sum::<f32>();
            let row = output * self.width..(output + 1) * self.width;
            let (weights, sums) = (&head[row.clone()], &mut gradient.head_weight[row]);
            for (((seen, out), weight), sum) in seen.iter().zip(&mut memory.seen).zip(weights).zip(sums) {
                *sum += slope.0.iter().zip(&seen.0).map(|(slope, value)| slope * value).sum::<f32>();
                for (out, slope) in out.0.iter_mut().zip(&slope.0) {
                    *out += weight * slope;
                }
            }
        }
    }

    /// Gradient of the last layer's output: through the attention, or zero except for the last step.
    fn output_backward(
        &self,
        isa: Isa,
        weights: TileWeights<'_>,
        memory: &mut TileBackward,
        gradient: &mut TileGradient,
    ) {
        let parts = (weights.attention(), &self.attention, &mut memory.attention, &mut gradient.attention);
        if let (Some(parameters), Some(state), Some(scratch), Some(sums)) = parts {
            isa.run(AttentionBackward {
                parameters,
                values: self.last_layer(),
                state,
                context_gradient: &memory.seen,
                gradient: &mut memory.output,
                scratch,
                sums,
            });
        } else {
            memory.output.fill(Lanes::ZERO);
            memory.output[(self.steps - 1) * self.width..].copy_from_slice(&memory.seen);
        }
    }
}
