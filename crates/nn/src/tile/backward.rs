//! The backward pass of a tile.

use super::Tile;
use super::forward::{Head, TileDropout};
use crate::kernels::{BackwardDirection, BackwardScratch, DirectionGradient, Isa, LANES, Lanes, gate_columns};
use crate::packed::BackwardWeights;
use crate::parameters::ParameterLayout;
use crate::spec::CheckedNetworkSpec;

/// Memory of the backward pass of a tile, allocated once.
#[derive(Debug)]
pub(crate) struct TileBackward {
    /// ∂L/∂prediction, `[output]`; the caller fills it in.
    pub(crate) prediction: Vec<Lanes>,
    /// ∂L/∂output of the layer at hand, `[step][direction, unit]`.
    output: Vec<Lanes>,
    /// ∂L/∂input of the layer at hand, which is the output of the one below.
    input: Vec<Lanes>,
    scratch: BackwardScratch,
}

impl TileBackward {
    /// Allocates for windows of `steps` time steps.
    pub(crate) fn new(spec: &CheckedNetworkSpec, steps: usize) -> Self {
        Self {
            prediction: vec![Lanes::ZERO; spec.outputs],
            output: vec![Lanes::ZERO; steps * spec.width()],
            input: vec![Lanes::ZERO; steps * spec.width()],
            scratch: BackwardScratch::new(spec.hidden),
        }
    }

    /// Returns about how many bytes [`TileBackward::new`] allocates.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize) -> usize {
        2 * steps * spec.width() * size_of::<Lanes>() + BackwardScratch::bytes(spec.hidden)
    }
}

/// The sum of the gradients of some tiles.
#[derive(Debug)]
pub(crate) struct TileGradient {
    directions: Vec<DirectionGradient>,
    head_weight: Vec<f32>,
    head_bias: Vec<f32>,
}

impl TileGradient {
    /// Starts at zero.
    pub(crate) fn new(spec: &CheckedNetworkSpec, layout: &ParameterLayout) -> Self {
        let directions = layout.directions.iter().map(|slots| DirectionGradient {
            weights: vec![Lanes::ZERO; (slots.inputs + spec.hidden) * gate_columns(spec.hidden)],
            bias: vec![Lanes::ZERO; 4 * spec.hidden],
        });
        Self {
            directions: directions.collect(),
            head_weight: vec![0.0; layout.head_weight.len()],
            head_bias: vec![0.0; layout.head_bias.len()],
        }
    }

    /// Sets the sum back to zero.
    pub(crate) fn clear(&mut self) {
        for direction in &mut self.directions {
            direction.weights.fill(Lanes::ZERO);
            direction.bias.fill(Lanes::ZERO);
        }
        self.head_weight.fill(0.0);
        self.head_bias.fill(0.0);
    }

    /// Writes the sum in the layout of the parameters.
    pub(crate) fn write(&self, layout: &ParameterLayout, out: &mut [f32]) {
        for (slots, direction) in layout.directions.iter().zip(&self.directions) {
            let hidden = slots.bias_ih.len() / 4;
            let columns = gate_columns(hidden);
            let (input, recurrent) = direction.weights.split_at(slots.inputs * columns);
            for (weights, range, inputs) in
                [(input, &slots.weight_ih, slots.inputs), (recurrent, &slots.weight_hh, hidden)]
            {
                for (row, out) in out[range.clone()].chunks_exact_mut(inputs).enumerate() {
                    let place = 4 * (row % hidden) + row / hidden;
                    let (column, lane) = (place / LANES, place % LANES);
                    for (out, weights) in out.iter_mut().zip(weights.chunks_exact(columns)) {
                        *out = weights[column].0[lane];
                    }
                }
            }
            for row in 0..4 * hidden {
                let sum = direction.bias[4 * (row % hidden) + row / hidden].0.iter().sum();
                out[slots.bias_ih.start + row] = sum;
                out[slots.bias_hh.start + row] = sum;
            }
        }
        out[layout.head_weight.clone()].copy_from_slice(&self.head_weight);
        out[layout.head_bias.clone()].copy_from_slice(&self.head_bias);
    }
}

impl Tile {
    /// Adds to `gradient` the gradients of all parameters, given that of the prediction in `memory`.
    ///
    /// `dropout` must be that of the forward pass.
    pub(crate) fn backward(
        &self,
        isa: Isa,
        (weights, head): (&BackwardWeights, Head<'_>),
        dropout: Option<TileDropout>,
        memory: &mut TileBackward,
        gradient: &mut TileGradient,
    ) {
        self.head_backward(head, memory, gradient);
        let hidden = self.initial.len();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let below = index.checked_sub(1).map(|below| &self.layers[below]);
            let input = below.map_or(self.input.as_slice(), |below| below.passed_on());
            for (direction, state) in layer.directions.iter().enumerate() {
                let place = index * layer.directions.len() + direction;
                isa.run(BackwardDirection {
                    hidden,
                    reverse: direction == 1,
                    input_weights: &weights.0[place].input,
                    hidden_weights: &weights.0[place].hidden,
                    input,
                    input_width: input.len() / self.steps,
                    output: &layer.output,
                    output_gradient: &memory.output,
                    output_width: self.width,
                    output_offset: direction * hidden,
                    cell: &state.cell,
                    trace: &state.trace,
                    input_gradient: (index > 0).then_some(memory.input.as_mut_slice()),
                    accumulate_input: direction == 1,
                    initial: &self.initial,
                    scratch: &mut memory.scratch,
                    gradient: &mut gradient.directions[place],
                });
            }
            match (dropout, below) {
                (Some(dropout), Some(_)) => isa.run(dropout.kernel(index - 1, &memory.input, &mut memory.output)),
                _ => std::mem::swap(&mut memory.input, &mut memory.output),
            }
        }
    }

    /// The gradient of the head, and through it that of the last layer's output, which is zero but for the last step.
    fn head_backward(&self, head: Head<'_>, memory: &mut TileBackward, gradient: &mut TileGradient) {
        memory.output.fill(Lanes::ZERO);
        let last = self.last_output();
        let out = &mut memory.output[(self.steps - 1) * self.width..];
        for (output, slope) in memory.prediction.iter().enumerate() {
            gradient.head_bias[output] += slope.0.iter().sum::<f32>();
            for unit in 0..self.width {
                let place = output * self.width + unit;
                let products = slope.0.iter().zip(&last[unit].0).map(|(slope, value)| slope * value);
                gradient.head_weight[place] += products.sum::<f32>();
                for (out, slope) in out[unit].0.iter_mut().zip(&slope.0) {
                    *out += head.weight[place] * slope;
                }
            }
        }
    }
}
