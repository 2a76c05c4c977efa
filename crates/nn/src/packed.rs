//! Weights in the order in which the kernels read them.

use crate::kernels::{Blocking, balanced_blocks};
use crate::parameters::{DirectionSlots, ParameterLayout};

/// The weights of every layer and direction for the forward pass.
#[derive(Clone, Debug)]
pub(crate) struct ForwardWeights(pub(crate) Vec<ForwardDirectionWeights>);

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
    pub(crate) fn new(layout: &ParameterLayout, parameters: &[f32], blocking: Blocking) -> Self {
        let directions = layout.directions.iter().map(|slots| ForwardDirectionWeights {
            weights: vec![0.0; slots.weight_ih.len() + slots.weight_hh.len()],
            bias: vec![[0.0; 4]; slots.bias_ih.len() / 4],
        });
        let mut packed = Self(directions.collect());
        packed.repack(layout, parameters, blocking);
        packed
    }

    /// Packs changed parameters of the same network into the same memory.
    pub(crate) fn repack(&mut self, layout: &ParameterLayout, parameters: &[f32], blocking: Blocking) {
        for (slots, packed) in layout.directions.iter().zip(&mut self.0) {
            packed.repack(slots, parameters, blocking);
        }
    }
}

impl ForwardDirectionWeights {
    fn repack(&mut self, slots: &DirectionSlots, parameters: &[f32], blocking: Blocking) {
        let hidden = self.bias.len();
        let (input, recurrent) = (&parameters[slots.weight_ih.clone()], &parameters[slots.weight_hh.clone()]);
        let (bias_ih, bias_hh) = (&parameters[slots.bias_ih.clone()], &parameters[slots.bias_hh.clone()]);
        let mut rest = self.weights.as_mut_slice();
        for (first, units) in balanced_blocks(hidden, blocking.units) {
            let width = 4 * units;
            let (block, after) = rest.split_at_mut(width * (slots.inputs + hidden));
            rest = after;
            for column in 0..width {
                let row = (column % 4) * hidden + first + column / 4;
                let weights = input[row * slots.inputs..][..slots.inputs].iter();
                let weights = weights.chain(&recurrent[row * hidden..][..hidden]);
                for (to, &weight) in block[column..].iter_mut().step_by(width).zip(weights) {
                    *to = weight;
                }
            }
        }
        for (unit, bias) in self.bias.iter_mut().enumerate() {
            *bias = std::array::from_fn(|gate| bias_ih[gate * hidden + unit] + bias_hh[gate * hidden + unit]);
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

/// The weights of every layer and direction for the backward pass.
#[derive(Debug)]
pub(crate) struct BackwardWeights(pub(crate) Vec<BackwardDirectionWeights>);

impl BackwardWeights {
    /// Packs the parameters; `first_layer` is the number of directions of the first layer.
    pub(crate) fn new(layout: &ParameterLayout, parameters: &[f32], blocking: Blocking, first_layer: usize) -> Self {
        let directions = layout.directions.iter().enumerate().map(|(index, slots)| BackwardDirectionWeights {
            input: vec![0.0; if index < first_layer { 0 } else { slots.weight_ih.len() }],
            hidden: vec![0.0; slots.weight_hh.len()],
        });
        let mut packed = Self(directions.collect());
        packed.repack(layout, parameters, blocking);
        packed
    }

    /// Packs changed parameters of the same network into the same memory.
    pub(crate) fn repack(&mut self, layout: &ParameterLayout, parameters: &[f32], blocking: Blocking) {
        for (slots, packed) in layout.directions.iter().zip(&mut self.0) {
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
