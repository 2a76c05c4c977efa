//! The gradient of a tile's parameters, in the layout of the kernels.

use crate::kernels::{
    AddLanes, AttentionGradient, DirectionGradient, Isa, LANES, Lanes, NormGradient, UnpackGates, gate_columns,
};
use crate::parameters::{DirectionSlots, ParameterLayout};
use crate::spec::CheckedNetworkSpec;

/// Sum of the gradients of several tiles.
#[derive(Debug)]
pub(crate) struct TileGradient {
    pub(super) directions: Vec<DirectionGradient>,
    /// One for every layer, or none.
    pub(super) norms: Vec<NormGradient>,
    pub(super) attention: Option<AttentionGradient>,
    pub(super) skip_weight: Vec<f32>,
    pub(super) head_weight: Vec<f32>,
    pub(super) head_bias: Vec<f32>,
}

impl TileGradient {
    /// Starts at zero.
    pub(crate) fn new(spec: &CheckedNetworkSpec, layout: &ParameterLayout) -> Self {
        let directions = layout.directions.iter().map(|slots| DirectionGradient {
            weights: vec![Lanes::ZERO; (slots.inputs + spec.hidden) * gate_columns(spec.hidden)],
            bias: vec![Lanes::ZERO; 4 * spec.hidden],
        });
        let width = spec.width();
        let norm = |_| NormGradient { weight: vec![Lanes::ZERO; width], bias: vec![Lanes::ZERO; width] };
        Self {
            directions: directions.collect(),
            norms: layout.norms.iter().map(norm).collect(),
            attention: layout.attention.as_ref().map(|_| AttentionGradient {
                weights: vec![Lanes::ZERO; width * spec.hidden.div_ceil(LANES)],
                bias: vec![Lanes::ZERO; spec.hidden],
                score: vec![Lanes::ZERO; spec.hidden],
            }),
            skip_weight: vec![0.0; layout.skip.as_ref().map_or(0, ExactSizeIterator::len)],
            head_weight: vec![0.0; layout.head_weight.len()],
            head_bias: vec![0.0; layout.head_bias.len()],
        }
    }

    /// Sets the sum back to zero.
    pub(crate) fn clear(&mut self) {
        self.parts_mut().for_each(|part| part.fill(Lanes::ZERO));
        self.skip_weight.fill(0.0);
        self.head_weight.fill(0.0);
        self.head_bias.fill(0.0);
    }

    /// Adds another sum of the same network.
    pub(crate) fn add(&mut self, isa: Isa, other: &Self) {
        for (sum, values) in self.parts_mut().zip(other.parts()) {
            isa.run(AddLanes { sum, values });
        }
        let heads = [
            (&mut self.skip_weight, &other.skip_weight),
            (&mut self.head_weight, &other.head_weight),
            (&mut self.head_bias, &other.head_bias),
        ];
        for (sum, values) in heads {
            for (sum, value) in sum.iter_mut().zip(values) {
                *sum += value;
            }
        }
    }

    /// Writes the sum in the layout of the parameters.
    pub(crate) fn write(&self, isa: Isa, layout: &ParameterLayout, out: &mut [f32]) {
        for (slots, direction) in layout.directions.iter().zip(&self.directions) {
            write_direction(isa, slots, direction, out);
        }
        for (slots, norm) in layout.norms.iter().zip(&self.norms) {
            write_sums(&norm.weight, &mut out[slots.weight.clone()]);
            write_sums(&norm.bias, &mut out[slots.bias.clone()]);
        }
        if let (Some(slots), Some(attention)) = (&layout.attention, &self.attention) {
            let units = attention.bias.len();
            let columns = units.div_ceil(LANES);
            let width = slots.weight.len() / units;
            for (unit, out) in out[slots.weight.clone()].chunks_exact_mut(width).enumerate() {
                for (out, weights) in out.iter_mut().zip(attention.weights.chunks_exact(columns)) {
                    *out = weights[unit / LANES].0[unit % LANES];
                }
            }
            write_sums(&attention.bias, &mut out[slots.bias.clone()]);
            write_sums(&attention.score, &mut out[slots.score.clone()]);
        }
        if let Some(skip) = &layout.skip {
            out[skip.clone()].copy_from_slice(&self.skip_weight);
        }
        out[layout.head_weight.clone()].copy_from_slice(&self.head_weight);
        out[layout.head_bias.clone()].copy_from_slice(&self.head_bias);
    }

    fn parts(&self) -> impl Iterator<Item = &[Lanes]> {
        let directions = self.directions.iter().flat_map(|part| [part.weights.as_slice(), &part.bias]);
        let norms = self.norms.iter().flat_map(|part| [part.weight.as_slice(), &part.bias]);
        let attention = self.attention.iter().flat_map(|part| [part.weights.as_slice(), &part.bias, &part.score]);
        directions.chain(norms).chain(attention)
    }

    fn parts_mut(&mut self) -> impl Iterator<Item = &mut [Lanes]> {
        let directions = self.directions.iter_mut().flat_map(|part| [part.weights.as_mut_slice(), &mut part.bias]);
        let norms = self.norms.iter_mut().flat_map(|part| [part.weight.as_mut_slice(), &mut part.bias]);
        let attention =
            self.attention.iter_mut().flat_map(|part| [part.weights.as_mut_slice(), &mut part.bias, &mut part.score]);
        directions.chain(norms).chain(attention)
    }
}

/// Adds up the lanes of every element.
fn write_sums(sums: &[Lanes], out: &mut [f32]) {
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = sum.0.iter().sum();
    }
}

fn write_direction(isa: Isa, slots: &DirectionSlots, direction: &DirectionGradient, out: &mut [f32]) {
    let hidden = slots.bias_ih.len() / 4;
    let (input, recurrent) = direction.weights.split_at(slots.inputs * gate_columns(hidden));
    for (source, range, inputs) in [(input, &slots.weight_ih, slots.inputs), (recurrent, &slots.weight_hh, hidden)] {
        isa.run(UnpackGates { hidden, inputs, source, out: &mut out[range.clone()] });
    }
    for row in 0..4 * hidden {
        let sum = direction.bias[4 * (row % hidden) + row / hidden].0.iter().sum();
        out[slots.bias_ih.start + row] = sum;
        out[slots.bias_hh.start + row] = sum;
    }
}
