//! Back-propagation through time of a layer in one direction of a tile.

use super::cell::{GateTrace, backward_unit};
use super::kernel::Kernel;
use super::lanes::{LANES, Lanes, gate_columns};
use super::products::{SteppedRows, accumulate_outer, multiply, transpose_gates};
use super::simd::Simd;

/// Time steps whose gate gradients are gathered before they go into the weight gradient: 256 rows (steps × lanes),
/// which stay in the second-level cache while the product runs over them.
const CHUNK: usize = 16;

/// Reusable buffers of the backward pass of one direction.
#[derive(Debug)]
pub(crate) struct BackwardScratch {
    /// Gate gradients of one step, `[unit, gate][lane]`, padded to whole vectors by rows that stay zero.
    gates: Vec<Lanes>,
    /// Those of a chunk, `[step][lane][unit, gate]`.
    transposed: Vec<Lanes>,
    /// ∂L/∂h that flows to the earlier step.
    hidden: Vec<Lanes>,
    /// ∂L/∂c that flows to the earlier step.
    cell: Vec<Lanes>,
}

impl BackwardScratch {
    /// Allocates for `hidden` units.
    pub(crate) fn new(hidden: usize) -> Self {
        let columns = gate_columns(hidden);
        Self {
            gates: vec![Lanes::ZERO; columns * LANES],
            transposed: vec![Lanes::ZERO; CHUNK * LANES * columns],
            hidden: vec![Lanes::ZERO; hidden],
            cell: vec![Lanes::ZERO; hidden],
        }
    }

    /// Returns the bytes it takes for `hidden` units.
    pub(crate) fn bytes(hidden: usize) -> usize {
        let columns = gate_columns(hidden);
        size_of::<Lanes>() * (columns * LANES + CHUNK * LANES * columns + 2 * hidden)
    }
}

/// Sums of the gradients of one direction over the tiles of a group, in the kernels' layout.
#[derive(Debug)]
pub(crate) struct DirectionGradient {
    /// `[input, then recurrent input][unit, gate]`, rows padded to whole vectors.
    pub(crate) weights: Vec<Lanes>,
    /// `[unit, gate][lane]`.
    pub(crate) bias: Vec<Lanes>,
}

/// Runs one direction of a layer backwards.
pub(crate) struct BackwardDirection<'a> {
    /// Number of hidden units.
    pub(crate) hidden: usize,
    /// Whether the forward pass ran from the last step to the first.
    pub(crate) reverse: bool,
    /// How many time steps the forward pass ran.
    pub(crate) needed: usize,
    /// The transposed input weights in blocks of rows, each `[unit, gate][input of the block]`.
    pub(crate) input_weights: &'a [f32],
    /// The transposed recurrent weights likewise.
    pub(crate) hidden_weights: &'a [f32],
    /// `[step][input]`, as in the forward pass.
    pub(crate) input: &'a [Lanes],
    /// Inputs of a step.
    pub(crate) input_width: usize,
    /// `[step][direction, unit]`, from the forward pass.
    pub(crate) output: &'a [Lanes],
    /// ∂L/∂output.
    pub(crate) output_gradient: &'a [Lanes],
    /// Columns of a step's output.
    pub(crate) output_width: usize,
    /// First column of this direction.
    pub(crate) output_offset: usize,
    /// Cell states in the order they were computed, `[step][unit]`.
    pub(crate) cell: &'a [Lanes],
    /// As for the cells.
    pub(crate) trace: &'a [GateTrace],
    /// ∂L/∂input, if needed.
    pub(crate) input_gradient: Option<&'a mut [Lanes]>,
    /// Whether to add to `input_gradient` instead of overwriting it.
    pub(crate) accumulate_input: bool,
    /// The state before the first step: `hidden` zeros.
    pub(crate) initial: &'a [Lanes],
    /// Working memory.
    pub(crate) scratch: &'a mut BackwardScratch,
    /// Where the parameters' gradients are added.
    pub(crate) gradient: &'a mut DirectionGradient,
}

impl Kernel for BackwardDirection<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let steps = self.output.len() / self.output_width;
        self.scratch.hidden.fill(Lanes::ZERO);
        self.scratch.cell.fill(Lanes::ZERO);
        let mut after = self.needed.min(steps);
        while after > 0 {
            let count = after.min(CHUNK);
            let first = after - count;
            // The chunk's steps in the order of time, whichever way the direction runs.
            let first_time = if self.reverse { steps - after } else { first };
            for step in (first..after).rev() {
                let time = if self.reverse { steps - 1 - step } else { step };
                self.gate_gradients(simd, step, time);
                self.propagate(simd, step, time);
                let size = self.scratch.gates.len();
                let row = &mut self.scratch.transposed[(time - first_time) * size..][..size];
                transpose_gates(simd, &self.scratch.gates, row);
            }
            self.weight_gradients(simd, first_time, count);
            after = first;
        }
    }
}

impl BackwardDirection<'_> {
    /// Gradients of the pre-activations at one step, and their sum for the bias.
    #[inline(always)]
    fn gate_gradients<S: Simd>(&mut self, simd: S, step: usize, time: usize) {
        let hidden = self.hidden;
        let above = &self.output_gradient[time * self.output_width + self.output_offset..][..hidden];
        let previous_cell = if step == 0 { self.initial } else { &self.cell[(step - 1) * hidden..][..hidden] };
        let trace = &self.trace[step * hidden..][..hidden];
        let (gates, bias) = (self.scratch.gates.as_chunks_mut::<4>().0, self.gradient.bias.as_chunks_mut::<4>().0);
        let recurrent = &self.scratch.hidden[..hidden];
        let cell = &mut self.scratch.cell[..hidden];
        let (gates, bias) = (&mut gates[..hidden], &mut bias[..hidden]);
        // The forward pass wrote this long ago; the products after this step hide the latency of fetching it for the next step.
        let next = step.saturating_sub(1) * hidden;
        let (next_trace, next_cell) =
            (&self.trace[next..][..hidden], &self.cell[next.saturating_sub(hidden)..][..hidden]);
        for unit in 0..hidden {
            next_trace[unit].prefetch(simd);
            simd.prefetch(&next_cell[unit]);
            let gradient = simd.add(simd.load(&above[unit]), simd.load(&recurrent[unit]));
            let gradients = backward_unit(simd, gradient, &mut cell[unit], &previous_cell[unit], &trace[unit]);
            for gate in 0..4 {
                simd.store(gradients[gate], &mut gates[unit][gate]);
                let sum = simd.add(simd.load(&bias[unit][gate]), gradients[gate]);
                simd.store(sum, &mut bias[unit][gate]);
            }
        }
    }

    /// `δx = W_ihᵀ·δ` and `δh' = W_hhᵀ·δ`.
    #[inline(always)]
    fn propagate<S: Simd>(&mut self, simd: S, step: usize, time: usize) {
        let BackwardScratch { gates, hidden, .. } = &mut *self.scratch;
        let input = match self.input_gradient.as_deref_mut() {
            Some(gradient) => &mut gradient[time * self.input_width..][..self.input_width],
            None => &mut [],
        };
        let hidden = if step > 0 { hidden.as_mut_slice() } else { &mut [] };
        // One call in a loop, because every call is another copy of all the blocks.
        for (weights, out, accumulate) in
            [(self.input_weights, input, self.accumulate_input), (self.hidden_weights, hidden, false)]
        {
            multiply(simd, weights, &gates[..4 * self.hidden], out, accumulate);
        }
    }

    /// Adds the products of a chunk's gate gradients with its inputs and with the hidden states before each step.
    #[inline(always)]
    fn weight_gradients<S: Simd>(&mut self, simd: S, first_time: usize, count: usize) {
        let (size, width) = (self.scratch.gates.len(), self.output_width);
        let columns = size / LANES;
        let chunk = &self.scratch.transposed[..count * size];
        // The step before a step is one earlier in time, or one later; the very first step has none.
        let steps = self.output.len() / width;
        let (first_state, state_chunk) = if self.reverse {
            (first_time + 1, &chunk[..count.min(steps - 1 - first_time) * size])
        } else if first_time == 0 {
            (0, &chunk[size..])
        } else {
            (first_time - 1, chunk)
        };
        let states = self.output.get(first_state * width + self.output_offset..).unwrap_or_default();
        let inputs = &self.input[first_time * self.input_width..];
        let (input_gradient, hidden_gradient) = self.gradient.weights.split_at_mut(self.input_width * columns);
        let inputs = SteppedRows { values: inputs, stride: self.input_width, rows: self.input_width };
        let states = SteppedRows { values: states, stride: width, rows: self.hidden };
        for (rows, chunk, out) in [(inputs, chunk, input_gradient), (states, state_chunk, hidden_gradient)] {
            accumulate_outer(simd, rows, chunk, columns, out);
        }
    }
}
