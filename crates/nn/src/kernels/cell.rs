//! One time step of the LSTM cell for a few hidden units, in registers.
//!
//! ```text
//! i = σ(W_i·[x; h] + b_i)   f = σ(W_f·[x; h] + b_f)   g = tanh(W_g·[x; h] + b_g)   o = σ(W_o·[x; h] + b_o)
//! c = f ⊙ c' + i ⊙ g        h = o ⊙ tanh c
//! ```
//! Hochreiter & Schmidhuber 1997 with the forget gate of Gers, Schmidhuber & Cummins 2000, in PyTorch's `nn.LSTM` form.

use super::activations::{sigmoid, tanh};
use super::lanes::Lanes;
use super::simd::Simd;

/// Values of one unit at one time step that the backward pass needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GateTrace {
    input: Lanes,
    forget: Lanes,
    candidate: Lanes,
    output: Lanes,
    tanh_cell: Lanes,
}

impl GateTrace {
    /// Initial value.
    pub(crate) const ZERO: Self = Self {
        input: Lanes::ZERO,
        forget: Lanes::ZERO,
        candidate: Lanes::ZERO,
        output: Lanes::ZERO,
        tanh_cell: Lanes::ZERO,
    };

    /// Prefetches it.
    #[inline(always)]
    pub(super) fn prefetch<S: Simd>(&self, simd: S) {
        simd.prefetch(&self.input);
        simd.prefetch(&self.forget);
        simd.prefetch(&self.candidate);
        simd.prefetch(&self.output);
        simd.prefetch(&self.tanh_cell);
    }
}

/// The four gates' pre-activations (i, f, g, o) of `U` units.
///
/// `weights` has one row of `U × 4` for every input, then one for every recurrent input; bias and products are added
/// in that order, whatever the instruction set.
#[inline(always)]
pub(super) fn preactivations<S: Simd, const U: usize>(
    simd: S,
    weights: &[[[f32; 4]; U]],
    bias: &[[f32; 4]; U],
    input: &[Lanes],
    hidden: &[Lanes],
) -> [[S::Vector; 4]; U] {
    let mut sums = [[simd.splat(0.0); 4]; U];
    for unit in 0..U {
        for gate in 0..4 {
            sums[unit][gate] = simd.splat(bias[unit][gate]);
        }
    }
    let (input_weights, hidden_weights) = weights.split_at(input.len());
    for (weights, values) in [(input_weights, input), (hidden_weights, hidden)] {
        for (row, value) in weights.iter().zip(values) {
            let value = simd.load(value);
            for unit in 0..U {
                for gate in 0..4 {
                    sums[unit][gate] = simd.mul_add(simd.splat(row[unit][gate]), value, sums[unit][gate]);
                }
            }
        }
    }
    sums
}

/// Activations and state update of one unit; stores the cell state and the trace, and returns `h`.
#[inline(always)]
pub(super) fn forward_unit<S: Simd>(
    simd: S,
    gates: [S::Vector; 4],
    previous_cell: &Lanes,
    cell: &mut Lanes,
    trace: &mut GateTrace,
) -> S::Vector {
    let input = sigmoid(simd, gates[0]);
    let forget = sigmoid(simd, gates[1]);
    let candidate = tanh(simd, gates[2]);
    let output = sigmoid(simd, gates[3]);
    let state = simd.mul_add(forget, simd.load(previous_cell), simd.mul(input, candidate));
    let tanh_state = tanh(simd, state);
    simd.store(state, cell);
    simd.store(input, &mut trace.input);
    simd.store(forget, &mut trace.forget);
    simd.store(candidate, &mut trace.candidate);
    simd.store(output, &mut trace.output);
    simd.store(tanh_state, &mut trace.tanh_cell);
    simd.mul(output, tanh_state)
}

/// Gradients of the pre-activations (i, f, g, o) of one unit, from the gradient of `h`.
///
/// `cell_gradient` holds ∂L/∂c that flows from the later step, and afterwards that for the earlier one:
/// `δc += δh ⊙ o ⊙ (1 − tanh² c)`, `δo = δh ⊙ tanh c ⊙ o(1 − o)`, `δi = δc ⊙ g ⊙ i(1 − i)`,
/// `δf = δc ⊙ c' ⊙ f(1 − f)`, `δg = δc ⊙ i ⊙ (1 − g²)`, `δc' = δc ⊙ f`.
#[inline(always)]
pub(super) fn backward_unit<S: Simd>(
    simd: S,
    hidden_gradient: S::Vector,
    cell_gradient: &mut Lanes,
    previous_cell: &Lanes,
    trace: &GateTrace,
) -> [S::Vector; 4] {
    let input = simd.load(&trace.input);
    let forget = simd.load(&trace.forget);
    let candidate = simd.load(&trace.candidate);
    let output = simd.load(&trace.output);
    let tanh_cell = simd.load(&trace.tanh_cell);
    let through_output = simd.mul(hidden_gradient, output);
    let cell = simd.mul_add(through_output, tanh_slope(simd, tanh_cell), simd.load(cell_gradient));
    simd.store(simd.mul(cell, forget), cell_gradient);
    [
        simd.mul(simd.mul(cell, candidate), logistic_slope(simd, input)),
        simd.mul(simd.mul(cell, simd.load(previous_cell)), logistic_slope(simd, forget)),
        simd.mul(simd.mul(cell, input), tanh_slope(simd, candidate)),
        simd.mul(simd.mul(hidden_gradient, tanh_cell), logistic_slope(simd, output)),
    ]
}

/// `σ' = σ(1 − σ)`, from the value of σ.
#[inline(always)]
fn logistic_slope<S: Simd>(simd: S, value: S::Vector) -> S::Vector {
    simd.mul(value, simd.sub(simd.splat(1.0), value))
}

/// `tanh' = 1 − tanh²`, from the value of tanh.
#[inline(always)]
fn tanh_slope<S: Simd>(simd: S, value: S::Vector) -> S::Vector {
    simd.sub(simd.splat(1.0), simd.mul(value, value))
}
