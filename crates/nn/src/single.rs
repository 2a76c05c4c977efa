//! The forward pass of one window, with the hidden units in the lanes.

use crate::kernels::{Isa, Lanes, SingleDirection, SingleScratch, SingleWeights, UnitColumns};
use crate::parameters::{DirectionSlots, ParameterLayout};
use crate::spec::CheckedNetworkSpec;
use crate::tile::steps_needed;

/// Weights in the order in which the kernels for one sample read them, for every layer and direction.
#[derive(Clone, Debug)]
pub(crate) struct SinglePass(Vec<SingleWeights>);

impl SinglePass {
    /// Whether networks of this kind have such a pass: those without anything between LSTM layers and head.
    pub(crate) fn serves(spec: &CheckedNetworkSpec) -> bool {
        !(spec.layer_norm || spec.residual || spec.attention)
    }

    /// Packs the parameters.
    pub(crate) fn new(layout: &ParameterLayout, parameters: &[f32]) -> Self {
        Self(layout.directions.iter().map(|slots| pack(slots, parameters)).collect())
    }

    /// Returns what the head sees of `window`, `[step][input]`, in the bits that a tile gives.
    pub(crate) fn run(&self, isa: Isa, spec: &CheckedNetworkSpec, window: &[f32]) -> Vec<f32> {
        let (steps, width) = (window.len() / spec.inputs, spec.width());
        let mut scratch = SingleScratch::new(steps, spec.hidden);
        let mut input = Vec::new();
        let mut output = vec![0.0; steps * width];
        for (layer, weights) in self.0.chunks(spec.directions()).enumerate() {
            let only_last = layer + 1 == spec.layers;
            for (direction, weights) in weights.iter().enumerate() {
                isa.run(SingleDirection {
                    units: spec.hidden,
                    reverse: direction == 1,
                    needed: steps_needed((steps, only_last), direction == 1),
                    weights,
                    input: if layer == 0 { window } else { &input },
                    input_width: spec.layer_inputs(layer),
                    output: &mut output,
                    output_width: width,
                    output_offset: direction * spec.hidden,
                    scratch: &mut scratch,
                });
            }
            // What was the input is overwritten by the next layer, row by row.
            std::mem::swap(&mut input, &mut output);
            output.resize(steps * width, 0.0);
        }
        input.split_off((steps - 1) * width)
    }
}

fn pack(slots: &DirectionSlots, parameters: &[f32]) -> SingleWeights {
    let hidden = slots.bias_ih.len() / 4;
    let columns = UnitColumns::new(hidden);
    let transposed = |matrix: &[f32], inputs: usize| {
        let mut out = vec![Lanes::ZERO; inputs * columns.count()];
        for (row, weights) in matrix.chunks_exact(inputs).enumerate() {
            let (column, lane) = columns.place(row / hidden, row % hidden);
            for (out, &weight) in out.chunks_exact_mut(columns.count()).zip(weights) {
                out[column].0[lane] = weight;
            }
        }
        out
    };
    let biases = parameters[slots.bias_ih.clone()].iter().zip(&parameters[slots.bias_hh.clone()]);
    let bias: Vec<f32> = biases.map(|(input, recurrent)| input + recurrent).collect();
    let whole = transposed(&parameters[slots.weight_hh.clone()], hidden);
    let rows = || whole.chunks_exact(columns.count());
    let blocks = columns.blocks().flat_map(|(first, count)| rows().flat_map(move |row| &row[first..first + count]));
    SingleWeights {
        input: transposed(&parameters[slots.weight_ih.clone()], slots.inputs),
        recurrent: blocks.copied().collect(),
        bias: transposed(&bias, 1),
    }
}
