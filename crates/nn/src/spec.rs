//! The shape of a network, unchecked and checked.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::error::NnError;

/// Maximum number of parameters: 2²⁵ (128 MiB of weights).
pub const MAX_PARAMETERS: usize = 1 << 25;

/// The shape of a network: stacked LSTM layers and a linear head on the last time step, or on the attention over all time
/// steps.
///
/// With `y` the output of layer `k`'s LSTM and `x` its input, the input of the next layer is `dropout(norm(y) + x)`, with norm
/// and residual connection as the fields below say. The first layer, whose input has another width, has no residual.
///
/// | field | range |
/// |---|---|
/// | `inputs` | 1 ..= 4096 |
/// | `hidden` | 1 ..= 2048 |
/// | `layers` | 1 ..= 8 |
/// | `dropout` | 0.0 ..= 0.9; acts between layers, so it has no effect on a network of one layer (as in PyTorch) |
/// | `outputs` | 1 ..= 4096 |
/// | all together | at most [`MAX_PARAMETERS`] parameters |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Inputs of every time step.
    pub inputs: usize,
    /// Hidden units of every layer and direction.
    pub hidden: usize,
    /// Stacked layers.
    pub layers: usize,
    /// Whether every layer also runs from the last time step to the first. The input of the head is the last time step of both
    /// directions, PyTorch's `output[:, -1]`, which is the first step of the reverse direction.
    pub bidirectional: bool,
    /// Whether the output of every layer is normalised over its units (Ba, Kiros & Hinton 2016; PyTorch's `LayerNorm`).
    #[serde(default)]
    pub layer_norm: bool,
    /// Whether every layer but the first adds its input to its output (He, Zhang, Ren & Sun 2016).
    #[serde(default)]
    pub residual: bool,
    /// Whether the head's input is a weighted mean over all time steps instead of the last one: additive attention (Bahdanau, Cho
    /// & Bengio 2015) with `hidden` units, weights `softmax_t(v · tanh(W·y_t + b))`.
    #[serde(default)]
    pub attention: bool,
    /// Whether a skip connection adds the inputs of the last time step to the head, so that the LSTM need not learn linear
    /// functions of them.
    #[serde(default)]
    pub skip: bool,
    /// The probability with which an output of a layer, except the last, is zeroed during training.
    pub dropout: f32,
    /// Outputs of the head.
    pub outputs: usize,
}

impl NetworkSpec {
    /// Returns the base network: two layers of 50 units, dropout 0.2.
    pub fn base(inputs: usize, outputs: usize) -> Self {
        Self {
            inputs,
            hidden: 50,
            layers: 2,
            bidirectional: false,
            layer_norm: false,
            residual: false,
            attention: false,
            skip: false,
            dropout: 0.2,
            outputs,
        }
    }

    /// Returns the improved network: three bidirectional layers of 64 units with layer norm, residual connections and
    /// attention over time, dropout 0.3.
    pub fn improved(inputs: usize, outputs: usize) -> Self {
        Self {
            hidden: 64,
            layers: 3,
            bidirectional: true,
            layer_norm: true,
            residual: true,
            attention: true,
            dropout: 0.3,
            ..Self::base(inputs, outputs)
        }
    }

    /// Checks every range of the table above.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] names the first field that is outside its range.
    pub fn check(self) -> Result<CheckedNetworkSpec, NnError> {
        within("inputs", self.inputs, 1, 4096)?;
        within("hidden", self.hidden, 1, 2048)?;
        within("layers", self.layers, 1, 8)?;
        within("outputs", self.outputs, 1, 4096)?;
        within("dropout", self.dropout, 0.0, 0.9)?;
        let checked = CheckedNetworkSpec(self);
        let parameters = checked.parameter_count();
        if parameters > MAX_PARAMETERS {
            return Err(NnError::OutOfRange {
                field: "the number of parameters",
                value: parameters.to_string(),
                allowed: format!("at most {MAX_PARAMETERS}; use fewer hidden units or layers"),
            });
        }
        Ok(checked)
    }
}

/// Refuses a value outside `[low, high]`, and NaN.
pub(crate) fn within<T: Copy + PartialOrd + std::fmt::Display>(
    field: &'static str,
    value: T,
    low: T,
    high: T,
) -> Result<(), NnError> {
    if value >= low && value <= high {
        Ok(())
    } else {
        Err(NnError::OutOfRange { field, value: value.to_string(), allowed: format!("from {low} to {high}") })
    }
}

/// A [`NetworkSpec`] whose every range has been checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "NetworkSpec", into = "NetworkSpec")]
pub struct CheckedNetworkSpec(NetworkSpec);

impl CheckedNetworkSpec {
    /// Returns 2 for a bidirectional network, 1 otherwise.
    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// Returns the outputs of every layer at a time step: the hidden units of all directions.
    pub fn width(&self) -> usize {
        self.hidden * self.directions()
    }

    /// Returns the inputs of layer `layer`.
    pub fn layer_inputs(&self, layer: usize) -> usize {
        if layer == 0 { self.inputs } else { self.width() }
    }

    /// Returns the number of inputs with a skip connection to the head.
    pub(crate) fn skipped_inputs(&self) -> usize {
        if self.skip { self.inputs } else { 0 }
    }

    /// Returns the number of parameters.
    pub fn parameter_count(&self) -> usize {
        let layer = |layer| self.directions() * 4 * self.hidden * (self.layer_inputs(layer) + self.hidden + 2);
        let norm = if self.layer_norm { self.layers * 2 * self.width() } else { 0 };
        let attention = if self.attention { self.hidden * (self.width() + 2) } else { 0 };
        let head = self.outputs * (self.width() + self.skipped_inputs() + 1);
        (0..self.layers).map(layer).sum::<usize>() + norm + attention + head
    }
}

/// Floating-point operations of a multiply-add.
impl CheckedNetworkSpec {
    /// Returns the operations of the matrix products of one forward pass over a window of `steps` rows, without the unused steps
    /// of the last layer's reverse direction.
    pub fn forward_operations(&self, steps: usize) -> usize {
        let lstm = (0..self.layers).map(|layer| self.direction_steps(layer, steps) * self.step_products(layer));
        let attention = if self.attention { steps * self.width() * (self.hidden + 1) } else { 0 };
        2 * (lstm.sum::<usize>() + attention + self.outputs * (self.width() + self.skipped_inputs()))
    }

    /// Returns the operations of one training step per sample: forward pass, gradients of the weights, and gradients of the
    /// inputs of every layer except the first.
    pub fn training_operations(&self, steps: usize) -> usize {
        let unneeded = self.direction_steps(0, steps) * 4 * self.hidden * self.inputs;
        3 * self.forward_operations(steps) - 2 * unneeded
    }

    /// Time steps of all directions of a layer.
    fn direction_steps(&self, layer: usize, steps: usize) -> usize {
        let unseen = self.bidirectional && layer + 1 == self.layers && !self.attention;
        steps * self.directions() - if unseen { steps - 1 } else { 0 }
    }

    /// Multiplications of a time step of one direction of a layer.
    fn step_products(&self, layer: usize) -> usize {
        4 * self.hidden * (self.layer_inputs(layer) + self.hidden)
    }
}

impl Deref for CheckedNetworkSpec {
    type Target = NetworkSpec;

    fn deref(&self) -> &NetworkSpec {
        &self.0
    }
}

impl TryFrom<NetworkSpec> for CheckedNetworkSpec {
    type Error = NnError;

    fn try_from(spec: NetworkSpec) -> Result<Self, NnError> {
        spec.check()
    }
}

impl From<CheckedNetworkSpec> for NetworkSpec {
    fn from(spec: CheckedNetworkSpec) -> Self {
        spec.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> NetworkSpec {
        NetworkSpec::base(16, 1)
    }

    #[test]
    fn parameter_count_equals_pytorch() {
        // sum(p.numel() for p in nn.LSTM(16, 50, 2).parameters()) + 51
        assert_eq!(spec().check().unwrap().parameter_count(), 34_000 + 51);
        // The same of nn.LSTM(16, 64, 3, bidirectional=True), three LayerNorm(128), Linear(128, 64),
        // Linear(64, 1, bias=False) and Linear(128, 1).
        let improved = NetworkSpec::improved(16, 1).check().unwrap();
        assert_eq!(improved.parameter_count(), 240_640 + 768 + 8_256 + 64 + 129);
    }

    /// By hand: of a layer and direction `steps · 4 · hidden · (inputs + hidden)` products, of the head `hidden`.
    #[test]
    fn counts_the_operations_of_the_matrix_products() {
        let base = spec().check().unwrap();
        let forward = 2 * (60 * 200 * (16 + 50) + 60 * 200 * (50 + 50) + 50);
        assert_eq!(base.forward_operations(60), forward);
        assert_eq!(base.training_operations(60), 3 * forward - 2 * 60 * 200 * 16);
        let both = NetworkSpec { hidden: 64, layers: 3, bidirectional: true, ..spec() }.check().unwrap();
        // The last layer's reverse direction runs one step.
        let products = 2 * 60 * 256 * (16 + 64) + 2 * 60 * 256 * (128 + 64) + (60 + 1) * 256 * (128 + 64) + 128;
        assert_eq!(both.forward_operations(60), 2 * products);
    }

    #[test]
    fn refuses_each_field_by_name() {
        type Spoil = fn(&mut NetworkSpec);
        let cases: [(&str, Spoil); 8] = [
            ("inputs", |s| s.inputs = 0),
            ("hidden", |s| s.hidden = usize::MAX),
            ("layers", |s| s.layers = 9),
            ("outputs", |s| s.outputs = 0),
            ("dropout", |s| s.dropout = 1.0),
            ("dropout", |s| s.dropout = f32::NAN),
            ("dropout", |s| s.dropout = -0.1),
            ("parameters", |s| (s.hidden, s.layers) = (2048, 8)),
        ];
        for (name, spoil) in cases {
            let mut spec = spec();
            spoil(&mut spec);
            let message = spec.check().unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }
}
