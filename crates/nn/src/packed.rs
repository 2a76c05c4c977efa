//! Weights packed for the kernels.

use crate::kernels::{Blocking, GATE_SCALE, balanced_blocks};
use crate::parameters::{DirectionSlots, ParameterLayout};

/// Purpose of the forward pass.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Training: the backward pass needs every gate.
    Training,
    /// Inference: the kernels take scaled weights.
    Inference,
}

impl Purpose {
    /// Returns the factors of the weights of the four gates, and the hidden units of a block.
    fn packing(self, blocking: Blocking) -> ([f32; 4], usize) {
        match self {
            Self::Training => ([1.0; 4], blocking.units),
            Self::Inference => (GATE_SCALE, blocking.infer_units),
        }
    }
}

/// The weights for the forward pass.
#[derive(Clone, Debug)]
pub(crate) struct ForwardWeights {
    purpose: Purpose,
    /// Every layer and direction.
    pub(crate) directions: Vec<ForwardDirectionWeights>,
    /// The attention's matrix in blocks of rows, each `[input][row]`; empty without attention.
    pub(crate) attention: Vec<f32>,
}

/// The weights of one layer and direction for the forward pass.
#[derive(Clone, Debug)]
pub(crate) struct ForwardDirectionWeights {
    /// Blocks of hidden units; in a block `[input, then recurrent input][unit][gate]`.
    pub(crate) weights: Vec<f32>,
    /// Both biases added up, `[unit][gate]`.
    pub(crate) bias: Vec<[f32; 4]>,
}

impl ForwardWeights {
    /// Packs the parameters.
    pub(crate) fn new(layout: &ParameterLayout, parameters: &[f32], blocking: Blocking, purpose: Purpose) -> Self {
        let directions = layout.directions.iter().map(|slots| ForwardDirectionWeights {
            weights: vec![0.0; slots.weight_ih.len() + slots.weight_hh.len()],
            bias: vec![[0.0; 4]; slots.bias_ih.len() / 4],
        });
        let attention = layout.attention.as_ref().map_or(0, |slots| slots.weight.len());
        let mut packed = Self { purpose, directions: directions.collect(), attention: vec![0.0; attention] };
        packed.repack(layout, parameters, blocking);
        packed
    }

    /// Returns the bytes of packed parameters of this layout.
    pub(crate) fn memory_bytes(layout: &ParameterLayout) -> usize {
        let direction = |slots: &DirectionSlots| slots.weight_ih.len() + slots.weight_hh.len() + slots.bias_ih.len();
        let attention = layout.attention.as_ref().map_or(0, |slots| slots.weight.len());
        (layout.directions.iter().map(direction).sum::<usize>() + attention) * size_of::<f32>()
    }

    /// Packs changed parameters of the same network in place.
    pub(crate) fn repack(&mut self, layout: &ParameterLayout, parameters: &[f32], blocking: Blocking) {
        for (slots, packed) in layout.directions.iter().zip(&mut self.directions) {
            packed.repack(slots, parameters, self.purpose.packing(blocking));
        }
        if let Some(slots) = &layout.attention {
            pack_rows(&parameters[slots.weight.clone()], slots.bias.len(), blocking, &mut self.attention);
        }
    }
}

/// Packs a matrix of `rows` rows in blocks of rows, each `[column][row of the block]`.
pub(crate) fn pack_rows(matrix: &[f32], rows: usize, blocking: Blocking, out: &mut [f32]) {
    let columns = matrix.len() / rows;
    let mut rest = out;
    for (first, count) in balanced_blocks(rows, blocking.rows) {
        let (block, after) = rest.split_at_mut(count * columns);
        rest = after;
        for (column, out) in block.chunks_exact_mut(count).enumerate() {
            for (row, out) in out.iter_mut().enumerate() {
                *out = matrix[(first + row) * columns + column];
            }
        }
    }
}

/// Packs the transpose of a matrix of `rows` rows likewise: blocks of columns, each `[row][column of the block]`.
fn pack_columns(matrix: &[f32], rows: usize, blocking: Blocking, out: &mut [f32]) {
    let columns = matrix.len() / rows;
    let mut rest = out;
    for (first, count) in balanced_blocks(columns, blocking.rows) {
        let (block, after) = rest.split_at_mut(count * rows);
        rest = after;
        for (out, row) in block.chunks_exact_mut(count).zip(matrix.chunks_exact(columns)) {
            out.copy_from_slice(&row[first..first + count]);
        }
    }
}

impl ForwardDirectionWeights {
    fn repack(&mut self, slots: &DirectionSlots, parameters: &[f32], (scale, units): ([f32; 4], usize)) {
        let hidden = self.bias.len();
        let (input, recurrent) = (&parameters[slots.weight_ih.clone()], &parameters[slots.weight_hh.clone()]);
        let (bias_ih, bias_hh) = (&parameters[slots.bias_ih.clone()], &parameters[slots.bias_hh.clone()]);
        let mut rest = self.weights.as_mut_slice();
        for (first, units) in balanced_blocks(hidden, units) {
            let width = 4 * units;
            let (block, after) = rest.split_at_mut(width * (slots.inputs + hidden));
            rest = after;
            for column in 0..width {
                let row = (column % 4) * hidden + first + column / 4;
                let weights = input[row * slots.inputs..][..slots.inputs].iter();
                let weights = weights.chain(&recurrent[row * hidden..][..hidden]);
                for (to, &weight) in block[column..].iter_mut().step_by(width).zip(weights) {
                    *to = weight * scale[column % 4];
                }
            }
        }
        for (unit, bias) in self.bias.iter_mut().enumerate() {
            let sum = |gate: usize| bias_ih[gate * hidden + unit] + bias_hh[gate * hidden + unit];
            *bias = std::array::from_fn(|gate| sum(gate) * scale[gate]);
        }
    }
}

/// The transposed weights of one layer and direction for the backward pass, in blocks of rows (inputs); in a block
/// `[unit, gate][row]`.
#[derive(Debug)]
pub(crate) struct BackwardDirectionWeights {
    /// Empty for the first layer, whose inputs need no gradient.
    pub(crate) input: Vec<f32>,
    /// Recurrent weights.
    pub(crate) hidden: Vec<f32>,
}

/// The weights for the backward pass.
#[derive(Debug)]
pub(crate) struct BackwardWeights {
    /// Every layer and direction.
    pub(crate) directions: Vec<BackwardDirectionWeights>,
    /// The attention's transposed matrix in blocks of rows, each `[attention unit][row]`; empty without attention.
    pub(crate) attention: Vec<f32>,
}

impl BackwardWeights {
    /// Packs the parameters; `first_layer` is the number of directions of the first layer.
    pub(crate) fn new(layout: &ParameterLayout, parameters: &[f32], blocking: Blocking, first_layer: usize) -> Self {
        let directions = layout.directions.iter().enumerate().map(|(index, slots)| BackwardDirectionWeights {
            input: vec![0.0; if index < first_layer { 0 } else { slots.weight_ih.len() }],
            hidden: vec![0.0; slots.weight_hh.len()],
        });
        let attention = layout.attention.as_ref().map_or(0, |slots| slots.weight.len());
        let mut packed = Self { directions: directions.collect(), attention: vec![0.0; attention] };
        packed.repack(layout, parameters, blocking);
        packed
    }

    /// Packs changed parameters of the same network in place.
    pub(crate) fn repack(&mut self, layout: &ParameterLayout, parameters: &[f32], blocking: Blocking) {
        if let Some(slots) = &layout.attention {
            pack_columns(&parameters[slots.weight.clone()], slots.bias.len(), blocking, &mut self.attention);
        }
        for (slots, packed) in layout.directions.iter().zip(&mut self.directions) {
            let hidden = slots.bias_ih.len() / 4;
            if !packed.input.is_empty() {
                transpose_gates(
                    &parameters[slots.weight_ih.clone()],
                    slots.inputs,
                    hidden,
                    blocking,
                    &mut packed.input,
                );
            }
            transpose_gates(&parameters[slots.weight_hh.clone()], hidden, hidden, blocking, &mut packed.hidden);
        }
    }
}

/// Packs `weights`, `[gate, unit][input]`, as described at [`BackwardDirectionWeights`].
fn transpose_gates(weights: &[f32], inputs: usize, hidden: usize, blocking: Blocking, out: &mut [f32]) {
    let mut rest = out;
    for (first, rows) in balanced_blocks(inputs, blocking.rows) {
        let (block, after) = rest.split_at_mut(4 * hidden * rows);
        rest = after;
        for (column, to) in block.chunks_exact_mut(rows).enumerate() {
            let row = (column % 4) * hidden + column / 4;
            to.copy_from_slice(&weights[row * inputs + first..][..rows]);
        }
    }
}
