//! A layer in one direction over all time steps of a tile.

use super::cell::{GateTrace, forward_unit, preactivations};
use super::kernel::Kernel;
use super::lanes::{Lanes, balanced_blocks, row_pair};
use super::simd::Simd;

/// Runs one direction of a layer and writes its columns of the layer's output.
pub(crate) struct ForwardDirection<'a> {
    /// Number of hidden units.
    pub(crate) hidden: usize,
    /// Whether time runs backwards.
    pub(crate) reverse: bool,
    /// How many time steps to run, in the order of the direction; the rest of the output stays as it is.
    pub(crate) needed: usize,
    /// Blocks of units, each `[input, then recurrent input][unit][gate]`.
    pub(crate) weights: &'a [f32],
    /// Both biases added up, `[unit][gate]`.
    pub(crate) bias: &'a [[f32; 4]],
    /// `[step][input]`.
    pub(crate) input: &'a [Lanes],
    /// Inputs of a step.
    pub(crate) input_width: usize,
    /// `[step][direction, unit]`.
    pub(crate) output: &'a mut [Lanes],
    /// Columns of a step's output.
    pub(crate) output_width: usize,
    /// First column of this direction.
    pub(crate) output_offset: usize,
    /// Cell states, `[step][unit]` in the order of the direction.
    pub(crate) cell: &'a mut [Lanes],
    /// `[step][unit]` in the order of the direction.
    pub(crate) trace: &'a mut [GateTrace],
    /// The state before the first step: `hidden` zeros.
    pub(crate) initial: &'a [Lanes],
}

impl Kernel for ForwardDirection<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { hidden, input_width, output_width, output_offset, .. } = self;
        let steps = self.output.len() / output_width;
        let mut previous_time = None;
        for step in 0..self.needed.min(steps) {
            let time = if self.reverse { steps - 1 - step } else { step };
            let input = &self.input[time * input_width..][..input_width];
            let (state, cell, output) = match previous_time {
                None => {
                    let output = &mut self.output[time * output_width..][..output_width];
                    ((self.initial, self.initial), &mut self.cell[step * hidden..][..hidden], output)
                }
                Some(previous) => {
                    let (last_output, output) = row_pair(self.output, output_width, previous, time);
                    let (last_cell, cell) = row_pair(self.cell, hidden, step - 1, step);
                    ((&last_output[output_offset..][..hidden], last_cell), cell, output)
                }
            };
            let next = StepOutput {
                cell,
                trace: &mut self.trace[step * hidden..][..hidden],
                hidden: &mut output[output_offset..][..hidden],
            };
            forward_step(simd, self.weights, self.bias, input, state, next);
            previous_time = Some(time);
        }
    }
}

/// Where a time step writes.
struct StepOutput<'a> {
    cell: &'a mut [Lanes],
    trace: &'a mut [GateTrace],
    hidden: &'a mut [Lanes],
}

/// One time step of all units; `state` is `(h, c)` of the step before.
#[inline(always)]
fn forward_step<S: Simd>(
    simd: S,
    weights: &[f32],
    bias: &[[f32; 4]],
    input: &[Lanes],
    state: (&[Lanes], &[Lanes]),
    mut out: StepOutput<'_>,
) {
    let mut packed = weights;
    let row = 4 * (input.len() + state.0.len());
    for (first, units) in balanced_blocks(bias.len(), S::UNITS) {
        let (block, rest) = packed.split_at(units * row);
        packed = rest;
        let out = &mut out;
        match units {
            1 => forward_block::<S, 1>(simd, block, &bias[first..], input, state, out, first),
            2 if const { S::UNITS >= 2 } => {
                forward_block::<S, 2>(simd, block, &bias[first..], input, state, out, first);
            }
            3 if const { S::UNITS >= 3 } => {
                forward_block::<S, 3>(simd, block, &bias[first..], input, state, out, first);
            }
            4 if const { S::UNITS >= 4 } => {
                forward_block::<S, 4>(simd, block, &bias[first..], input, state, out, first);
            }
            5 if const { S::UNITS >= 5 } => {
                forward_block::<S, 5>(simd, block, &bias[first..], input, state, out, first);
            }
            6 if const { S::UNITS >= 6 } => {
                forward_block::<S, 6>(simd, block, &bias[first..], input, state, out, first);
            }
            _ => {}
        }
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the registers of one block; a struct would only rename them")]
fn forward_block<S: Simd, const U: usize>(
    simd: S,
    weights: &[f32],
    bias: &[[f32; 4]],
    input: &[Lanes],
    (hidden, previous_cell): (&[Lanes], &[Lanes]),
    out: &mut StepOutput<'_>,
    first: usize,
) {
    let Some(bias) = bias.first_chunk::<U>() else { return };
    let weights = weights.as_chunks::<4>().0.as_chunks::<U>().0;
    let gates = preactivations(simd, weights, bias, input, hidden);
    for (unit, gates) in gates.into_iter().enumerate() {
        let index = first + unit;
        let h = forward_unit(simd, gates, &previous_cell[index], &mut out.cell[index], &mut out.trace[index]);
        simd.store(h, &mut out.hidden[index]);
    }
}
