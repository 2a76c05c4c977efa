//! One direction of an LSTM layer over a batch.
//!
//! The equations are those of the CPU's kernels, with the batch in the rows: the inputs of all time steps are projected in
//! one product, and so are the gradients of the weights; only `h·W_hhᵀ` goes step by step.

use burn_tensor::{Tensor, activation::sigmoid};

use super::tensors::{Gradient, Parameters, sum_rows};
use crate::parameters::DirectionSlots;

/// Sizes of the work.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) steps: usize,
    pub(super) batch: usize,
    pub(super) hidden: usize,
}

/// One direction of a layer, with its weights.
pub(super) struct Direction<'a> {
    pub(super) extent: Extent,
    pub(super) reverse: bool,
    /// Number of time steps used, from its first one on.
    pub(super) needed: usize,
    slots: &'a DirectionSlots,
    /// `[4·hidden, inputs]`.
    weight_ih: Tensor<2>,
    /// `[4·hidden, hidden]`.
    weight_hh: Tensor<2>,
    /// Both biases, `[1, 4·hidden]`.
    bias: Tensor<2>,
}

/// What the backward pass needs of a direction: of every time step, in the order in which they ran.
pub(super) struct DirectionTrace {
    /// Input of the layer, `[step·batch, inputs]`.
    input: Tensor<2>,
    steps: Vec<StepTrace>,
}

/// Matrices `[batch, hidden]`.
struct StepTrace {
    /// i, f, g, o.
    gates: [Tensor<2>; 4],
    cell_before: Tensor<2>,
    /// tanh of the cell.
    squashed: Tensor<2>,
    hidden_before: Tensor<2>,
}

impl<'a> Direction<'a> {
    pub(super) fn new(
        extent: Extent,
        (reverse, needed): (bool, usize),
        slots: &'a DirectionSlots,
        parameters: &Parameters,
    ) -> Self {
        Self {
            extent,
            reverse,
            needed,
            slots,
            weight_ih: parameters.matrix(&slots.weight_ih, slots.inputs),
            weight_hh: parameters.matrix(&slots.weight_hh, extent.hidden),
            bias: parameters.row(&slots.bias_ih) + parameters.row(&slots.bias_hh),
        }
    }

    /// Returns the time steps it goes through, in its order.
    fn order(&self) -> Vec<usize> {
        let steps = self.extent.steps;
        (0..self.needed).map(|step| if self.reverse { steps - 1 - step } else { step }).collect()
    }

    /// Returns the first row of the time steps it goes through, in a matrix of all time steps.
    fn first_row(&self) -> usize {
        if self.reverse { (self.extent.steps - self.needed) * self.extent.batch } else { 0 }
    }

    /// Returns the time steps it goes through out of `[step·batch, columns]`.
    fn seen(&self, matrix: Tensor<2>) -> Tensor<2> {
        matrix.narrow(0, self.first_row(), self.needed * self.extent.batch)
    }

    /// Reverses [`Direction::seen`]; the rest of the matrix is zero.
    fn among_zeros(&self, matrix: Tensor<2>) -> Tensor<2> {
        let missing = (self.extent.steps - self.needed) * self.extent.batch;
        if missing == 0 {
            return matrix;
        }
        let zeros = Tensor::zeros([missing, matrix.dims()[1]], &matrix.device());
        let parts = if self.reverse { vec![zeros, matrix] } else { vec![matrix, zeros] };
        Tensor::cat(parts, 0)
    }

    /// Sorts what was computed step by step by time, as one matrix.
    fn by_time(&self, mut parts: Vec<Tensor<2>>) -> Tensor<2> {
        if self.reverse {
            parts.reverse();
        }
        Tensor::cat(parts, 0)
    }

    /// Returns the outputs `[step·batch, hidden]`, zero for unused steps.
    pub(super) fn forward(&self, input: Tensor<2>) -> (Tensor<2>, DirectionTrace) {
        let Extent { batch, hidden, .. } = self.extent;
        let input = self.seen(input);
        let projected = input.clone().matmul(self.weight_ih.clone().transpose()) + self.bias.clone();
        let recurrent = self.weight_hh.clone().transpose();
        let mut state = Tensor::<2>::zeros([batch, hidden], &projected.device());
        let mut cell = state.clone();
        let (mut outputs, mut steps) = (Vec::new(), Vec::new());
        for step in self.order() {
            let row = step * batch - self.first_row();
            let sums = projected.clone().narrow(0, row, batch) + state.clone().matmul(recurrent.clone());
            let part = |gate: usize| sums.clone().narrow(1, gate * hidden, hidden);
            let gates = [sigmoid(part(0)), sigmoid(part(1)), part(2).tanh(), sigmoid(part(3))];
            let [i, f, g, o] = gates.clone();
            let next = f * cell.clone() + i * g;
            let squashed = next.clone().tanh();
            let output = o * squashed.clone();
            steps.push(StepTrace { gates, cell_before: cell, squashed, hidden_before: state });
            (cell, state) = (next, output.clone());
            outputs.push(output);
        }
        (self.among_zeros(self.by_time(outputs)), DirectionTrace { input, steps })
    }

    /// From ∂L/∂output, `[step·batch, hidden]`, to the gradients of the weights, and to ∂L/∂input if requested.
    pub(super) fn backward(
        &self,
        trace: DirectionTrace,
        slopes: &Tensor<2>,
        gradient: &mut Gradient,
        wants_input: bool,
    ) -> Option<Tensor<2>> {
        let Extent { batch, hidden, .. } = self.extent;
        let mut state_slope = Tensor::<2>::zeros([batch, hidden], &slopes.device());
        let mut cell_slope = state_slope.clone();
        let (mut sums, mut states) = (Vec::new(), Vec::new());
        for (step, trace) in self.order().into_iter().zip(trace.steps).rev() {
            let slope = slopes.clone().narrow(0, step * batch, batch) + state_slope;
            let (of_sums, of_cell) = step_backward(&trace, slope, cell_slope);
            state_slope = of_sums.clone().matmul(self.weight_hh.clone());
            cell_slope = of_cell;
            sums.push(of_sums);
            states.push(trace.hidden_before);
        }
        // They were pushed from the last step to the first.
        sums.reverse();
        states.reverse();
        let (sums, states) = (self.by_time(sums), self.by_time(states));
        let across = sums.clone().transpose();
        gradient.put(&self.slots.weight_ih, across.clone().matmul(trace.input));
        gradient.put(&self.slots.weight_hh, across.matmul(states));
        let bias = sum_rows(sums.clone());
        gradient.put(&self.slots.bias_ih, bias.clone());
        gradient.put(&self.slots.bias_hh, bias);
        wants_input.then(|| self.among_zeros(sums.matmul(self.weight_ih.clone())))
    }
}

/// One step back: from ∂L/∂h and ∂L/∂c to the derivatives by the gates' sums, `[batch, 4·hidden]`, and by the cell before.
fn step_backward(trace: &StepTrace, slope: Tensor<2>, cell_slope: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let [i, f, g, o] = trace.gates.clone();
    let squashed = trace.squashed.clone();
    let cell = cell_slope + slope.clone() * o.clone() * (-squashed.clone().square() + 1.0);
    let of_sums = [
        cell.clone() * g.clone() * i.clone() * (-i.clone() + 1.0),
        cell.clone() * trace.cell_before.clone() * f.clone() * (-f.clone() + 1.0),
        cell.clone() * i * (-g.square() + 1.0),
        slope * squashed * o.clone() * (-o + 1.0),
    ];
    (Tensor::cat(of_sums.to_vec(), 1), cell * f)
}
