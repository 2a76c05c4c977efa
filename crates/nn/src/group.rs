//! The tiles of a batch that share one piece of working memory and are summed into one gradient.

use crate::kernels::{LANES, Lanes};
use crate::loss::Loss;
use crate::network::Network;
use crate::packed::{BackwardWeights, ForwardWeights};
use crate::parameters::ParameterLayout;
use crate::spec::CheckedNetworkSpec;
use crate::tile::{Keep, Tile, TileBackward, TileDropout, TileGradient};
use crate::windows::WindowSource;

/// What all groups of a training step read.
pub(crate) struct StepInput<'a> {
    pub(crate) network: &'a Network,
    pub(crate) weights: (&'a ForwardWeights, &'a BackwardWeights),
    pub(crate) source: &'a WindowSource<'a>,
    pub(crate) origins: &'a [usize],
    /// `[origin, outputs]`.
    pub(crate) targets: &'a [f32],
    pub(crate) loss: Loss,
    pub(crate) seed: u64,
    pub(crate) training_step: u64,
}

/// Working memory and result of some tiles. Which tiles a group works on depends on the batch size alone.
#[derive(Debug)]
pub(crate) struct Group {
    tile: Tile,
    backward: TileBackward,
    sums: TileGradient,
    /// The sum of the gradients, in the layout of the parameters.
    pub(crate) gradient: Vec<f32>,
    /// The sum of the losses, not yet divided by their number.
    pub(crate) loss: f64,
}

impl Group {
    /// Allocates for windows of `steps` time steps.
    pub(crate) fn new(spec: &CheckedNetworkSpec, layout: &ParameterLayout, steps: usize) -> Self {
        Self {
            tile: Tile::new(spec, steps, Keep::Everything),
            backward: TileBackward::new(spec, steps),
            sums: TileGradient::new(spec, layout),
            gradient: vec![0.0; layout.total()],
            loss: 0.0,
        }
    }

    /// Returns about how many bytes [`Group::new`] allocates.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize) -> usize {
        let gradients = 2 * size_of::<f32>() * spec.parameter_count();
        Tile::bytes(spec, steps, Keep::Everything) + TileBackward::bytes(spec, steps) + gradients
    }

    /// Runs the tiles with these indices one after the other.
    pub(crate) fn run(&mut self, input: &StepInput<'_>, tiles: impl Iterator<Item = usize>) {
        self.sums.clear();
        self.loss = 0.0;
        for index in tiles {
            self.run_tile(input, index * LANES);
        }
        self.sums.write(input.network.layout(), &mut self.gradient);
    }

    fn run_tile(&mut self, input: &StepInput<'_>, first_row: usize) {
        let (network, isa) = (input.network, input.network.isa());
        let spec = network.spec();
        let count = LANES.min(input.origins.len() - first_row);
        let dropout = (spec.dropout > 0.0).then_some(TileDropout {
            probability: spec.dropout,
            seed: input.seed,
            training_step: input.training_step,
            first_row,
        });
        input.source.gather(&input.origins[first_row..first_row + count], &mut self.tile.input);
        self.tile.forward(isa, input.weights.0, network.head(), dropout);
        let targets = &input.targets[first_row * spec.outputs..][..count * spec.outputs];
        self.compare(input.loss, targets, input.targets.len());
        let weights = (input.weights.1, network.head());
        self.tile.backward(isa, weights, dropout, &mut self.backward, &mut self.sums);
    }

    /// Adds the tile's loss and computes the gradient of the prediction; lanes without a sample have none.
    fn compare(&mut self, loss: Loss, targets: &[f32], total: usize) {
        let outputs = self.tile.prediction.len();
        let share = 1.0 / total as f32;
        self.backward.prediction.fill(Lanes::ZERO);
        for (lane, targets) in targets.chunks_exact(outputs).enumerate() {
            for (output, &target) in targets.iter().enumerate() {
                let (value, slope) = loss.value_and_slope(self.tile.prediction[output].0[lane] - target);
                self.loss += value;
                self.backward.prediction[output].0[lane] = slope * share;
            }
        }
    }
}
