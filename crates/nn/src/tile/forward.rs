//! The forward pass of a tile.

use super::state::{LayerState, Tile};
use crate::batch::Batch;
use crate::kernels::{AttentionForward, AttentionWeights, Dropout, ForwardDirection, Isa, Lanes, NormForward};
use crate::packed::{BackwardWeights, ForwardWeights};
use crate::parameters::ParameterLayout;

/// A network's parameters, packed and unpacked.
#[derive(Clone, Copy)]
pub(crate) struct TileWeights<'a> {
    pub(crate) layout: &'a ParameterLayout,
    /// All parameters, as `layout` says.
    pub(crate) plain: &'a [f32],
    pub(crate) forward: &'a ForwardWeights,
    /// `None` for inference.
    pub(crate) backward: Option<&'a BackwardWeights>,
}

impl<'a> TileWeights<'a> {
    /// `[output, width]`.
    pub(super) fn head_weight(&self) -> &'a [f32] {
        &self.plain[self.layout.head_weight.clone()]
    }

    /// `[output, input]`; empty without a skip connection.
    pub(super) fn skip_weight(&self) -> &'a [f32] {
        self.layout.skip.as_ref().map_or(&[], |range| &self.plain[range.clone()])
    }

    /// The linear head: `seen` is `[direction, unit]`, `last_input` the inputs of the last time step and `prediction`
    /// `[output]`.
    pub(crate) fn head(&self, seen: &[Lanes], last_input: &[Lanes], prediction: &mut [Lanes]) {
        fn add_row(out: &mut Lanes, values: &[Lanes], weights: &[f32]) {
            for (value, &weight) in values.iter().zip(weights) {
                for (out, value) in out.0.iter_mut().zip(&value.0) {
                    *out += weight * value;
                }
            }
        }
        let bias = &self.plain[self.layout.head_bias.clone()];
        for ((out, weights), &bias) in prediction.iter_mut().zip(self.head_weight().chunks_exact(seen.len())).zip(bias)
        {
            out.0.fill(bias);
            add_row(out, seen, weights);
        }
        for (out, weights) in prediction.iter_mut().zip(self.skip_weight().chunks_exact(last_input.len().max(1))) {
            add_row(out, last_input, weights);
        }
    }

    /// γ and β of a layer's norm.
    pub(crate) fn norm(&self, layer: usize) -> Option<(&'a [f32], &'a [f32])> {
        let slots = self.layout.norms.get(layer)?;
        Some((&self.plain[slots.weight.clone()], &self.plain[slots.bias.clone()]))
    }

    pub(crate) fn attention(&self) -> Option<AttentionWeights<'a>> {
        let slots = self.layout.attention.as_ref()?;
        Some(AttentionWeights {
            forward: &self.forward.attention,
            backward: self.backward.map_or(&[], |weights| &weights.attention),
            bias: &self.plain[slots.bias.clone()],
            score: &self.plain[slots.score.clone()],
        })
    }
}

/// The dropout of one training step, for one tile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileDropout<'a> {
    pub(crate) probability: f32,
    pub(crate) batch: &'a Batch<'a>,
    /// The place in the batch of the tile's first sample.
    pub(crate) first_row: usize,
}

impl Tile {
    /// Runs all layers and the head on the gathered input; the result is in `prediction`.
    ///
    /// Applies `dropout`, if any.
    pub(crate) fn forward(&mut self, isa: Isa, weights: TileWeights<'_>, dropout: Option<TileDropout<'_>>) {
        let (steps, width) = (self.steps, self.width);
        for index in 0..self.layers.len() {
            let (is_last, attends) = (index + 1 == self.layers.len(), self.attention.is_some());
            let (before, rest) = self.layers.split_at_mut(index);
            let Some(layer) = rest.first_mut() else { return };
            let input = before.last().map_or(self.input.as_slice(), LayerState::layer_output);
            let directions = layer.directions.len();
            for (direction, state) in layer.directions.iter_mut().enumerate() {
                let needed = steps_needed((steps, is_last && !attends), direction == 1);
                let packed = &weights.forward.directions[index * directions + direction];
                isa.run(ForwardDirection {
                    hidden: self.initial.len(),
                    reverse: direction == 1,
                    needed,
                    weights: &packed.weights,
                    bias: &packed.bias,
                    input,
                    input_width: input.len() / steps,
                    output: &mut layer.output,
                    output_width: width,
                    output_offset: direction * self.initial.len(),
                    cell: &mut state.cell,
                    trace: &mut state.trace,
                    initial: &self.initial,
                });
            }
            layer.finish(isa, width, weights.norm(index), input, dropout.map(|dropout| (dropout, index)));
        }
        if let (Some(mut attention), Some(parameters)) = (self.attention.take(), weights.attention()) {
            isa.run(AttentionForward { parameters, values: self.last_layer(), state: &mut attention });
            self.attention = Some(attention);
        }
        self.predict(weights);
    }

    /// The linear head.
    fn predict(&mut self, weights: TileWeights<'_>) {
        let mut prediction = std::mem::take(&mut self.prediction);
        weights.head(self.head_input(), self.last_input(), &mut prediction);
        self.prediction = prediction;
    }
}

/// Returns the number of time steps of a direction that are used: 1 for the reverse direction of a layer whose last output
/// step only is used.
pub(crate) fn steps_needed((steps, only_last): (usize, bool), reverse: bool) -> usize {
    if only_last && reverse { 1 } else { steps }
}

impl LayerState {
    /// Norm, residual connection and dropout, if any.
    fn finish(
        &mut self,
        isa: Isa,
        width: usize,
        norm: Option<(&[f32], &[f32])>,
        input: &[Lanes],
        dropout: Option<(TileDropout<'_>, usize)>,
    ) {
        if self.finished.is_empty() {
            return;
        }
        let dropout = dropout.filter(|_| self.drops);
        let plain = norm.is_none() && !self.residual;
        if !plain || dropout.is_none() {
            isa.run(NormForward {
                width,
                norm: norm.map(|(weight, bias)| (weight, bias, self.norm.as_mut_slice())),
                residual: self.residual.then_some(input),
                source: &self.output,
                out: &mut self.finished,
            });
        }
        if let Some((dropout, index)) = dropout {
            let source = plain.then_some(self.output.as_slice());
            isa.run(dropout.kernel(index, source, &mut self.finished));
        }
    }
}

impl TileDropout<'_> {
    /// The masking of the output of layer `layer`, or of its gradient; without a source, in place.
    pub(super) fn kernel<'a>(&self, layer: usize, source: Option<&'a [Lanes]>, out: &'a mut [Lanes]) -> Dropout<'a> {
        Dropout {
            key: self.batch.mask_key(layer),
            probability: self.probability,
            first_row: self.first_row,
            source,
            out,
        }
    }
}
