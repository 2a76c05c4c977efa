//! The tiles of a batch that share one piece of working memory and are summed into one gradient.

use crate::kernels::{LANES, Lanes};
use crate::loss::Loss;
use crate::network::Network;
use crate::packed::{BackwardWeights, ForwardWeights};
use crate::parameters::ParameterLayout;
use crate::spec::CheckedNetworkSpec;
use crate::tile::{Keep, Tile, TileBackward, TileDropout, TileGradient, TileWeights};
use crate::windows::WindowSource;

/// What all groups of a training step read.
pub(crate) struct StepInput<'a> {
    pub(crate) network: &'a Network,
    pub(crate) weights: (&'a ForwardWeights, &'a BackwardWeights),
    pub(crate) source: &'a WindowSource<'a>,
    pub(crate) origins: &'a [usize],
    /// `[origin, target]`.
    pub(crate) targets: &'a [f32],
    pub(crate) loss: &'a Loss,
    /// Targets of a sample.
    pub(crate) width: usize,
    pub(crate) seed: u64,
    pub(crate) training_step: u64,
}

/// Working memory and result of some tiles. Which tiles a group works on depends on the batch size alone.
#[derive(Debug)]
pub(crate) struct Group {
    tile: Tile,
    backward: TileBackward,
    /// The sum of the gradients.
    pub(crate) sums: TileGradient,
    /// The outputs of one sample, and the derivatives of its loss by them.
    sample: (Vec<f32>, Vec<f32>),
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
            sample: (vec![0.0; spec.outputs], vec![0.0; spec.outputs]),
            loss: 0.0,
        }
    }

    /// Returns about how many bytes [`Group::new`] allocates.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize) -> usize {
        let gradients = size_of::<f32>() * spec.parameter_count();
        Tile::bytes(spec, steps, Keep::Everything) + TileBackward::bytes(spec, steps) + gradients
    }

    /// Runs the tiles with these indices one after the other.
    pub(crate) fn run(&mut self, input: &StepInput<'_>, tiles: impl Iterator<Item = usize>) {
        self.sums.clear();
        self.loss = 0.0;
        for index in tiles {
            self.run_tile(input, index * LANES);
        }
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
        let weights = TileWeights {
            layout: network.layout(),
            plain: network.parameters(),
            forward: input.weights.0,
            backward: Some(input.weights.1),
        };
        self.tile.forward(isa, weights, dropout);
        self.compare(input, first_row, count);
        self.tile.backward(isa, weights, dropout, &mut self.backward, &mut self.sums);
    }

    /// Adds the tile's loss and computes the gradient of the prediction; lanes without a sample have none.
    fn compare(&mut self, input: &StepInput<'_>, first_row: usize, count: usize) {
        let each = input.loss.outputs_per_target();
        let share = 1.0 / input.targets.len() as f32;
        let (outputs, slopes) = &mut self.sample;
        self.backward.prediction.fill(Lanes::ZERO);
        let targets = &input.targets[first_row * input.width..][..count * input.width];
        for (lane, targets) in targets.chunks_exact(input.width).enumerate() {
            for (output, prediction) in outputs.iter_mut().zip(&self.tile.prediction) {
                *output = prediction.0[lane];
            }
            let parts = outputs.chunks_exact(each).zip(slopes.chunks_exact_mut(each));
            for ((outputs, slopes), &target) in parts.zip(targets) {
                self.loss += input.loss.value_and_slopes(outputs, target, slopes);
            }
            for (out, slope) in self.backward.prediction.iter_mut().zip(slopes.iter()) {
                out.0[lane] = slope * share;
            }
        }
    }
}
