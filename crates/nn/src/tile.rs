//! A tile: [`LANES`] samples and all that is computed for them, layer by layer.

mod backward;
mod forward;

pub(crate) use backward::{TileBackward, TileGradient};
pub(crate) use forward::{Head, TileDropout};

use crate::kernels::{GateTrace, LANES, Lanes};
use crate::spec::CheckedNetworkSpec;

/// What a forward pass keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Keep {
    /// Everything that the backward pass needs.
    Everything,
    /// Only what the next time step needs.
    LastSteps,
}

impl Keep {
    /// Returns the number of time steps whose cells and gates are kept.
    fn slots(self, steps: usize) -> usize {
        match self {
            Self::Everything => steps,
            Self::LastSteps => steps.min(2),
        }
    }
}

/// Memory of the forward pass of a tile, allocated once.
#[derive(Debug)]
pub(crate) struct Tile {
    /// `[step][input]`.
    pub(crate) input: Vec<Lanes>,
    layers: Vec<LayerState>,
    /// The state before the first step.
    initial: Vec<Lanes>,
    /// `[output]`.
    pub(crate) prediction: Vec<Lanes>,
    steps: usize,
    width: usize,
}

#[derive(Debug)]
struct LayerState {
    /// `[step][direction, unit]`.
    output: Vec<Lanes>,
    /// The output after dropout; empty where there is none.
    dropped: Vec<Lanes>,
    directions: Vec<DirectionState>,
}

impl LayerState {
    /// What the next layer sees.
    fn passed_on(&self) -> &[Lanes] {
        if self.dropped.is_empty() { &self.output } else { &self.dropped }
    }
}

#[derive(Debug)]
struct DirectionState {
    /// `[slot][unit]`.
    cell: Vec<Lanes>,
    /// `[slot][unit]`.
    trace: Vec<GateTrace>,
}

impl Tile {
    /// Allocates the memory of a tile for windows of `steps` time steps.
    pub(crate) fn new(spec: &CheckedNetworkSpec, steps: usize, keep: Keep) -> Self {
        let (width, slots) = (spec.width(), keep.slots(steps));
        let layers = (0..spec.layers).map(|layer| {
            let drops = keep == Keep::Everything && spec.dropout > 0.0 && layer + 1 < spec.layers;
            let direction = |_| DirectionState {
                cell: vec![Lanes::ZERO; slots * spec.hidden],
                trace: vec![GateTrace::ZERO; slots * spec.hidden],
            };
            LayerState {
                output: vec![Lanes::ZERO; steps * width],
                dropped: vec![Lanes::ZERO; if drops { steps * width } else { 0 }],
                directions: (0..spec.directions()).map(direction).collect(),
            }
        });
        Self {
            input: vec![Lanes::ZERO; steps * spec.inputs],
            layers: layers.collect(),
            initial: vec![Lanes::ZERO; spec.hidden],
            prediction: vec![Lanes::ZERO; spec.outputs],
            steps,
            width,
        }
    }

    /// Returns about how many bytes [`Tile::new`] allocates.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize, keep: Keep) -> usize {
        let slots = keep.slots(steps);
        let layer = 2 * steps * spec.width() * size_of::<Lanes>()
            + slots * spec.width() * (size_of::<Lanes>() + size_of::<GateTrace>());
        spec.layers * layer + (steps * spec.inputs + spec.outputs) * LANES * size_of::<f32>()
    }

    /// The outputs of the last layer at the last time step, which the head sees.
    fn last_output(&self) -> &[Lanes] {
        self.layers.last().map_or(&[], |layer| &layer.output[(self.steps - 1) * self.width..])
    }
}
