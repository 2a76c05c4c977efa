//! Memory of the forward pass of a tile.

use crate::kernels::{AttentionState, GateTrace, LANES, Lanes, NormTrace};
use crate::spec::CheckedNetworkSpec;

/// Memory of the forward pass of a tile, allocated once.
#[derive(Debug)]
pub(crate) struct Tile {
    /// `[step][input]`.
    pub(crate) input: Vec<Lanes>,
    pub(super) layers: Vec<LayerState>,
    pub(super) attention: Option<AttentionState>,
    /// The state before the first step.
    pub(super) initial: Vec<Lanes>,
    /// `[output]`.
    pub(crate) prediction: Vec<Lanes>,
    pub(super) steps: usize,
    pub(super) width: usize,
}

#[derive(Debug)]
pub(super) struct LayerState {
    /// The LSTM's output, `[step][direction, unit]`.
    pub(super) output: Vec<Lanes>,
    /// Statistics of the layer norm, `[step]`; empty where there is none.
    pub(super) norm: Vec<NormTrace>,
    pub(super) residual: bool,
    /// Whether dropout is applied in training.
    pub(super) drops: bool,
    /// The output after norm, residual connection and dropout; empty without any of them.
    pub(super) finished: Vec<Lanes>,
    pub(super) directions: Vec<DirectionState>,
}

impl LayerState {
    /// Input of the next layer, the attention or the head.
    pub(super) fn layer_output(&self) -> &[Lanes] {
        if self.finished.is_empty() { &self.output } else { &self.finished }
    }
}

#[derive(Debug)]
pub(super) struct DirectionState {
    /// `[step][unit]`.
    pub(super) cell: Vec<Lanes>,
    /// `[step][unit]`.
    pub(super) trace: Vec<GateTrace>,
}

impl Tile {
    /// Allocates the memory of a tile for windows of `steps` time steps.
    pub(crate) fn new(spec: &CheckedNetworkSpec, steps: usize) -> Self {
        let width = spec.width();
        let layers = (0..spec.layers).map(|layer| {
            let drops = spec.dropout > 0.0 && layer + 1 < spec.layers;
            let residual = spec.residual && layer > 0;
            let direction = |_| DirectionState {
                cell: vec![Lanes::ZERO; steps * spec.hidden],
                trace: vec![GateTrace::ZERO; steps * spec.hidden],
            };
            let finishes = drops || residual || spec.layer_norm;
            LayerState {
                output: vec![Lanes::ZERO; steps * width],
                norm: vec![NormTrace::ZERO; if spec.layer_norm { steps } else { 0 }],
                residual,
                drops,
                finished: vec![Lanes::ZERO; if finishes { steps * width } else { 0 }],
                directions: (0..spec.directions()).map(direction).collect(),
            }
        });
        Self {
            input: vec![Lanes::ZERO; steps * spec.inputs],
            layers: layers.collect(),
            attention: spec.attention.then(|| AttentionState::new(steps, width, spec.hidden)),
            initial: vec![Lanes::ZERO; spec.hidden],
            prediction: vec![Lanes::ZERO; spec.outputs],
            steps,
            width,
        }
    }

    /// Estimates the bytes that [`Tile::new`] allocates.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize) -> usize {
        let layer = steps * spec.width() * (3 * size_of::<Lanes>() + size_of::<GateTrace>());
        let attention = if spec.attention { AttentionState::bytes(steps, spec.width(), spec.hidden) } else { 0 };
        spec.layers * layer + attention + (steps * spec.inputs + spec.outputs) * LANES * size_of::<f32>()
    }

    /// Output of the last layer, `[step][direction, unit]`.
    pub(super) fn last_layer(&self) -> &[Lanes] {
        self.layers.last().map_or(&[], LayerState::layer_output)
    }

    /// The inputs of the last time step, `[input]`.
    pub(super) fn last_input(&self) -> &[Lanes] {
        &self.input[self.input.len() - self.input.len() / self.steps..]
    }

    /// Input of the head, `[direction, unit]`.
    pub(super) fn head_input(&self) -> &[Lanes] {
        match &self.attention {
            Some(attention) => &attention.context,
            None => &self.last_layer()[(self.steps - 1) * self.width..],
        }
    }
}
