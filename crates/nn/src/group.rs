//! Groups of tiles that share working memory and sum into one gradient.

use crate::batch::Batch;
use crate::kernels::{LANES, Lanes};
use crate::network::Network;
use crate::packed::{BackwardWeights, ForwardWeights};
use crate::parameters::ParameterLayout;
use crate::spec::CheckedNetworkSpec;
use crate::tile::{Tile, TileBackward, TileDropout, TileGradient, TileWeights};

/// Maximum number of groups, which run in parallel; more tiles share a group, in a fixed order.
const MAX_GROUPS: usize = 16;

/// Returns the maximum number of groups for batches of this size.
pub(crate) fn max_groups(batch_size: usize) -> usize {
    batch_size.div_ceil(LANES).min(MAX_GROUPS)
}

/// Shared input of all groups of a training step.
pub(crate) struct StepInput<'a> {
    pub(crate) network: &'a Network,
    pub(crate) weights: (&'a ForwardWeights, &'a BackwardWeights),
    pub(crate) batch: &'a Batch<'a>,
}

/// Working memory and result of a group of tiles. The tiles of a group depend on the batch size only.
#[derive(Debug)]
pub(crate) struct Group {
    tile: Tile,
    backward: TileBackward,
    /// Sum of the gradients.
    pub(crate) sums: TileGradient,
    /// Outputs of one sample, and the derivatives of its loss.
    sample: (Vec<f32>, Vec<f32>),
    /// Sum of the losses, not divided by their number.
    pub(crate) loss: f64,
}

impl Group {
    /// Allocates for windows of `steps` time steps.
    pub(crate) fn new(spec: &CheckedNetworkSpec, layout: &ParameterLayout, steps: usize) -> Self {
        Self {
            tile: Tile::new(spec, steps),
            backward: TileBackward::new(spec, steps),
            sums: TileGradient::new(spec, layout),
            sample: (vec![0.0; spec.outputs], vec![0.0; spec.outputs]),
            loss: 0.0,
        }
    }

    /// Estimates the bytes that [`Group::new`] allocates.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize) -> usize {
        let gradients = size_of::<f32>() * spec.parameter_count();
        Tile::bytes(spec, steps) + TileBackward::bytes(spec, steps) + gradients
    }

    /// Runs the tiles with these indices sequentially.
    pub(crate) fn run(&mut self, input: &StepInput<'_>, tiles: impl Iterator<Item = usize>) {
        self.sums.clear();
        self.loss = 0.0;
        for index in tiles {
            self.run_tile(input, index * LANES);
        }
    }

    fn run_tile(&mut self, input: &StepInput<'_>, first_row: usize) {
        let (network, isa, batch) = (input.network, input.network.isa(), input.batch);
        let spec = network.spec();
        let count = LANES.min(batch.origins.len() - first_row);
        let dropout = (spec.dropout > 0.0).then_some(TileDropout { probability: spec.dropout, batch, first_row });
        batch.source.gather(&batch.origins[first_row..first_row + count], &mut self.tile.input);
        let weights = TileWeights {
            layout: network.layout(),
            plain: network.parameters(),
            forward: input.weights.0,
            backward: Some(input.weights.1),
        };
        self.tile.forward(isa, weights, dropout);
        self.compare(batch, first_row, count);
        self.tile.backward(isa, weights, dropout, &mut self.backward, &mut self.sums);
    }

    /// Adds the tile's loss and computes the gradient of the prediction; it is zero in lanes without a sample.
    fn compare(&mut self, batch: &Batch<'_>, first_row: usize, count: usize) {
        let (outputs, slopes) = &mut self.sample;
        self.backward.prediction.fill(Lanes::ZERO);
        for lane in 0..count {
            for (output, prediction) in outputs.iter_mut().zip(&self.tile.prediction) {
                *output = prediction.0[lane];
            }
            self.loss += batch.compare(first_row + lane, outputs, slopes);
            for (out, slope) in self.backward.prediction.iter_mut().zip(slopes.iter()) {
                out.0[lane] = *slope;
            }
        }
    }
}
