//! The forward pass of a tile.

use super::Tile;
use crate::kernels::{Dropout, ForwardDirection, Isa, Lanes};
use crate::packed::ForwardWeights;

/// Weights of the head: `[output, width]` and `[output]`.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
}

/// The dropout of one training step, for one tile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileDropout {
    pub(crate) probability: f32,
    pub(crate) seed: u64,
    pub(crate) training_step: u64,
    /// The place in the batch of the tile's first sample.
    pub(crate) first_row: usize,
}

impl Tile {
    /// Runs all layers and the head on the gathered input; the result is in `prediction`.
    ///
    /// A tile made for training drops out according to `dropout`; `None` means that nothing is dropped.
    pub(crate) fn forward(&mut self, isa: Isa, weights: &ForwardWeights, head: Head<'_>, dropout: Option<TileDropout>) {
        let directions = self.layers.first().map_or(1, |layer| layer.directions.len());
        for index in 0..self.layers.len() {
            let (before, rest) = self.layers.split_at_mut(index);
            let Some(layer) = rest.first_mut() else { return };
            let input = before.last().map_or(self.input.as_slice(), |below| below.passed_on());
            for (direction, state) in layer.directions.iter_mut().enumerate() {
                let packed = &weights.0[index * directions + direction];
                isa.run(ForwardDirection {
                    hidden: self.initial.len(),
                    reverse: direction == 1,
                    weights: &packed.weights,
                    bias: &packed.bias,
                    input,
                    input_width: input.len() / self.steps,
                    output: &mut layer.output,
                    output_width: self.width,
                    output_offset: direction * self.initial.len(),
                    cell: &mut state.cell,
                    trace: &mut state.trace,
                    initial: &self.initial,
                });
            }
            if layer.dropped.is_empty() {
                continue;
            }
            match dropout {
                Some(dropout) => isa.run(dropout.kernel(index, &layer.output, &mut layer.dropped)),
                None => layer.dropped.copy_from_slice(&layer.output),
            }
        }
        self.predict(head);
    }

    /// The linear head on the last time step.
    fn predict(&mut self, head: Head<'_>) {
        let mut prediction = std::mem::take(&mut self.prediction);
        let last = self.last_output();
        for ((out, weights), &bias) in prediction.iter_mut().zip(head.weight.chunks(self.width)).zip(head.bias) {
            out.0.fill(bias);
            for (value, &weight) in last.iter().zip(weights) {
                for (out, value) in out.0.iter_mut().zip(&value.0) {
                    *out += weight * value;
                }
            }
        }
        self.prediction = prediction;
    }
}

impl TileDropout {
    /// The masking of the output of layer `layer`, or of its gradient.
    pub(super) fn kernel<'a>(&self, layer: usize, source: &'a [Lanes], out: &'a mut [Lanes]) -> Dropout<'a> {
        Dropout {
            key: Dropout::key(self.seed, self.training_step, layer),
            probability: self.probability,
            first_row: self.first_row,
            source,
            out,
        }
    }
}
