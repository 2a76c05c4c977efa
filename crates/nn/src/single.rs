//! Forward pass of one window, with hidden units in the lanes.

use std::ops::Range;

use crate::kernels::{
    AttentionForward, AttentionState, AttentionWeights, GATE_SCALE, Isa, LANES, Lanes, NormForward, NormTrace,
    SingleDirection, SingleScratch, SingleWeights, UnitColumns,
};
use crate::packed::pack_rows;
use crate::parameters::{AttentionSlots, DirectionSlots, ParameterLayout};
use crate::spec::CheckedNetworkSpec;
use crate::tile::steps_needed;

/// Weights packed for the single-sample kernels.
#[derive(Clone, Debug)]
pub(crate) struct SinglePass {
    /// Every layer and direction.
    directions: Vec<SingleWeights>,
    /// The attention's matrix in tile layout; empty without attention.
    attention: Vec<f32>,
}

/// Unpacked parameters.
#[derive(Clone, Copy)]
pub(crate) struct PlainParameters<'a> {
    pub(crate) layout: &'a ParameterLayout,
    pub(crate) values: &'a [f32],
}

impl<'a> PlainParameters<'a> {
    fn of(self, range: &Range<usize>) -> &'a [f32] {
        &self.values[range.clone()]
    }
}

impl SinglePass {
    /// Packs the parameters.
    pub(crate) fn new(isa: Isa, plain: PlainParameters<'_>) -> Self {
        let pack_attention = |slots: &AttentionSlots| {
            let mut packed = vec![0.0; slots.weight.len()];
            pack_rows(plain.of(&slots.weight), slots.bias.len(), isa.blocking(), &mut packed);
            packed
        };
        Self {
            directions: plain.layout.directions.iter().map(|slots| pack(slots, plain.values)).collect(),
            attention: plain.layout.attention.as_ref().map(pack_attention).unwrap_or_default(),
        }
    }

    /// Returns the bytes of packed parameters of this layout.
    pub(crate) fn memory_bytes(layout: &ParameterLayout) -> usize {
        let columns = |slots: &DirectionSlots| {
            let hidden = slots.bias_ih.len() / 4;
            UnitColumns::new(hidden).count() * (slots.inputs + hidden + 1)
        };
        let attention = layout.attention.as_ref().map_or(0, |slots| slots.weight.len());
        layout.directions.iter().map(columns).sum::<usize>() * size_of::<Lanes>() + attention * size_of::<f32>()
    }

    /// Returns the head's input for `window`, `[step][input]`, bit-identical to that of a tile.
    pub(crate) fn run(
        &self,
        isa: Isa,
        spec: &CheckedNetworkSpec,
        plain: PlainParameters<'_>,
        window: &[f32],
    ) -> Vec<f32> {
        let (steps, width) = (window.len() / spec.inputs, spec.width());
        let mut scratch = SingleScratch::new(steps, spec.hidden);
        let mut input = Vec::new();
        let mut output = vec![0.0; steps * width];
        for (layer, weights) in self.directions.chunks(spec.directions()).enumerate() {
            let only_last = layer + 1 == spec.layers && !spec.attention;
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
            let residual = (spec.residual && layer > 0).then_some(input.as_slice());
            finish(isa, width, plain, layer, residual, &mut output);
            // The next layer overwrites the input row by row.
            std::mem::swap(&mut input, &mut output);
            output.resize(steps * width, 0.0);
        }
        match &plain.layout.attention {
            Some(slots) => self.attend(isa, width, plain, slots, &input),
            None => input.split_off((steps - 1) * width),
        }
    }

    /// The attention's context, computed in a tile that uses only the first lane: it is a small part of the work.
    fn attend(
        &self,
        isa: Isa,
        width: usize,
        plain: PlainParameters<'_>,
        slots: &AttentionSlots,
        values: &[f32],
    ) -> Vec<f32> {
        let mut lanes = vec![Lanes::ZERO; values.len()];
        for (lanes, &value) in lanes.iter_mut().zip(values) {
            lanes.0[0] = value;
        }
        let mut state = AttentionState::new(values.len() / width, width, slots.bias.len());
        let parameters = AttentionWeights {
            forward: &self.attention,
            backward: &[],
            bias: plain.of(&slots.bias),
            score: plain.of(&slots.score),
        };
        isa.run(AttentionForward { parameters, values: &lanes, state: &mut state });
        state.context.iter().map(|lanes| lanes.0[0]).collect()
    }
}

/// Layer norm and residual connection, if any, with time steps in the lanes.
fn finish(
    isa: Isa,
    width: usize,
    plain: PlainParameters<'_>,
    layer: usize,
    residual: Option<&[f32]>,
    output: &mut [f32],
) {
    let slots = plain.layout.norms.get(layer);
    if slots.is_none() && residual.is_none() {
        return;
    }
    let source = steps_in_lanes(output, width);
    let residual = residual.map(|residual| steps_in_lanes(residual, width));
    let mut traces = vec![NormTrace::ZERO; source.len() / width];
    let mut out = vec![Lanes::ZERO; source.len()];
    isa.run(NormForward {
        width,
        norm: slots.map(|slots| (plain.of(&slots.weight), plain.of(&slots.bias), traces.as_mut_slice())),
        residual: residual.as_deref(),
        source: &source,
        out: &mut out,
    });
    for (step, row) in output.chunks_exact_mut(width).enumerate() {
        for (value, lanes) in row.iter_mut().zip(&out[step / LANES * width..]) {
            *value = lanes.0[step % LANES];
        }
    }
}

/// Turns `[step][unit]` into `[16 steps][unit][step]`.
fn steps_in_lanes(values: &[f32], width: usize) -> Vec<Lanes> {
    let steps = values.len() / width;
    let mut out = vec![Lanes::ZERO; steps.div_ceil(LANES) * width];
    for (step, row) in values.chunks_exact(width).enumerate() {
        for (lanes, &value) in out[step / LANES * width..].iter_mut().zip(row) {
            lanes.0[step % LANES] = value;
        }
    }
    out
}

fn pack(slots: &DirectionSlots, parameters: &[f32]) -> SingleWeights {
    let hidden = slots.bias_ih.len() / 4;
    let columns = UnitColumns::new(hidden);
    let transposed = |matrix: &[f32], inputs: usize| {
        let mut out = vec![Lanes::ZERO; inputs * columns.count()];
        for (row, weights) in matrix.chunks_exact(inputs).enumerate() {
            let (column, lane) = columns.place(row / hidden, row % hidden);
            for (out, &weight) in out.chunks_exact_mut(columns.count()).zip(weights) {
                out[column].0[lane] = weight * GATE_SCALE[row / hidden];
            }
        }
        out
    };
    let biases = parameters[slots.bias_ih.clone()].iter().zip(&parameters[slots.bias_hh.clone()]);
    let bias: Vec<f32> = biases.map(|(input, recurrent)| input + recurrent).collect();
    let whole = transposed(&parameters[slots.weight_hh.clone()], hidden);
    let rows = || whole.chunks_exact(columns.count());
    let blocks = columns.blocks().flat_map(|(first, count)| rows().flat_map(move |row| &row[first..first + count]));
    // Collecting would allocate up to twice the memory needed.
    let mut recurrent = Vec::with_capacity(whole.len());
    recurrent.extend(blocks.copied());
    SingleWeights {
        input: transposed(&parameters[slots.weight_ih.clone()], slots.inputs),
        recurrent,
        bias: transposed(&bias, 1),
    }
}
