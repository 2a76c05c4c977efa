//! Inference on many windows.

use crate::buffers::Buffer;
use crate::kernels::{
    AttentionForward, AttentionState, InferDirection, InferInput, InferTile, InferWeights, Isa, LANES, Lanes,
    NormForward, NormTrace, ProjectRows,
};
use crate::packed::ForwardDirectionWeights;
use crate::spec::CheckedNetworkSpec;
use crate::tile::{TileWeights, steps_needed};
use crate::windows::WindowSource;

/// A network with weights packed for inference.
#[derive(Clone, Copy)]
pub(crate) struct InferenceNetwork<'a> {
    pub(crate) isa: Isa,
    pub(crate) spec: &'a CheckedNetworkSpec,
    /// Packed for inference.
    pub(crate) weights: TileWeights<'a>,
}

impl<'a> InferenceNetwork<'a> {
    /// Weights of a layer in one direction.
    fn direction(&self, layer: usize, direction: usize) -> InferWeights<'a> {
        let index = layer * self.spec.directions() + direction;
        let ForwardDirectionWeights { weights, bias } = &self.weights.forward.directions[index];
        InferWeights { blocks: weights, bias, inputs: self.spec.layer_inputs(layer) }
    }
}

/// Working memory for tiles that run together.
#[derive(Debug)]
pub(crate) struct InferenceTiles {
    tiles: Vec<TileMemory>,
}

/// Working memory of a tile.
#[derive(Debug)]
struct TileMemory {
    /// Windows, `[step][input]`, or the shared rows of overlapping windows, `[16 rows][input][row]`.
    features: Buffer,
    /// Shared rows times the weights of the first layer, `[unit][gate][16 rows][row]`.
    projected: Buffer,
    /// Inputs of the last time step; empty without a skip connection.
    last_input: Vec<Lanes>,
    /// `[unit]`
    cell: Buffer,
    /// Output of the previous layer, `[step][direction, unit]`.
    input: Buffer,
    /// Output of the current layer.
    output: Buffer,
    /// Output before layer norm and residual connection; empty without either.
    unfinished: Buffer,
    norm: Vec<NormTrace>,
    attention: Option<AttentionState>,
    /// `[output]`
    prediction: Vec<Lanes>,
}

impl InferenceTiles {
    /// Allocates the memory of `count` tiles for windows of `steps` time steps.
    pub(crate) fn new(spec: &CheckedNetworkSpec, steps: usize, count: usize) -> Self {
        Self { tiles: (0..count).map(|_| TileMemory::new(spec, steps)).collect() }
    }

    /// Estimates the bytes of one tile: all that grows with the window, except the statistics of the norm.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize) -> usize {
        let layers = steps * spec.width() * if finishes(spec) { 3 } else { 2 };
        let first = steps * spec.inputs + shared_rows(steps) * 4 * spec.hidden;
        let attention = if spec.attention { AttentionState::bytes(steps, spec.width(), spec.hidden) } else { 0 };
        (layers + first + spec.hidden) * size_of::<Lanes>() + attention
    }

    /// Writes the outputs of checked origins, at most [`LANES`] per tile, as `[origin, outputs]`.
    pub(crate) fn run(
        &mut self,
        network: InferenceNetwork<'_>,
        source: &WindowSource<'_>,
        origins: &[usize],
        out: &mut [f32],
    ) {
        let needed = origins.len().div_ceil(LANES).min(self.tiles.len());
        forward(&mut self.tiles[..needed], network, source, origins);
        for (window, out) in out.chunks_exact_mut(network.spec.outputs).enumerate() {
            for (out, prediction) in out.iter_mut().zip(&self.tiles[window / LANES].prediction) {
                *out = prediction.0[window % LANES];
            }
        }
    }
}

impl TileMemory {
    fn new(spec: &CheckedNetworkSpec, steps: usize) -> Self {
        let width = spec.width();
        let zeros = |count: usize| vec![Lanes::ZERO; count];
        Self {
            features: Buffer::default(),
            projected: Buffer::default(),
            last_input: zeros(if spec.skip { spec.inputs } else { 0 }),
            cell: Buffer::new(spec.hidden),
            input: Buffer::new(steps * width),
            output: Buffer::new(steps * width),
            unfinished: Buffer::new(if finishes(spec) { steps * width } else { 0 }),
            norm: vec![NormTrace::ZERO; if spec.layer_norm { steps } else { 0 }],
            attention: spec.attention.then(|| AttentionState::new(steps, width, spec.hidden)),
            prediction: zeros(spec.outputs),
        }
    }

    /// Gathers the windows.
    fn gather(&mut self, source: &WindowSource<'_>, origins: &[usize], shares_rows: bool) {
        let (steps, inputs) = (source.lookback(), source.inputs());
        match origins {
            [first, ..] if shares_rows => {
                self.features.fit(shared_rows(steps) * inputs);
                source.gather_rows(first + 1 - steps, first + origins.len() - 1, &mut self.features);
            }
            _ => {
                self.features.fit(steps * inputs);
                source.gather(origins, &mut self.features);
            }
        }
        source.gather(origins, &mut self.last_input);
    }

    /// Layer norm and residual connection of a layer, from `unfinished` to `output`.
    fn finish(&mut self, network: InferenceNetwork<'_>, layer: usize) {
        let norm = network.weights.norm(layer);
        network.isa.run(NormForward {
            width: network.spec.width(),
            norm: norm.map(|(weight, bias)| (weight, bias, self.norm.as_mut_slice())),
            residual: (network.spec.residual && layer > 0).then_some(&*self.input),
            source: &self.unfinished,
            out: &mut self.output,
        });
    }

    /// Attention and head, on the output of the last layer.
    fn predict(&mut self, network: InferenceNetwork<'_>) {
        let values = &*self.input;
        let seen = match (&mut self.attention, network.weights.attention()) {
            (Some(state), Some(parameters)) => {
                network.isa.run(AttentionForward { parameters, values, state });
                state.context.as_slice()
            }
            _ => &values[values.len() - network.spec.width()..],
        };
        network.weights.head(seen, &self.last_input, &mut self.prediction);
    }
}

/// Runs all layers and the head.
fn forward(tiles: &mut [TileMemory], network: InferenceNetwork<'_>, source: &WindowSource<'_>, origins: &[usize]) {
    let InferenceNetwork { isa, spec, .. } = network;
    let (steps, width) = (source.lookback(), spec.width());
    let shares_rows = follow_each_other(origins);
    for (tile, origins) in tiles.iter_mut().zip(origins.chunks(LANES)) {
        tile.gather(source, origins, shares_rows);
    }
    for layer in 0..spec.layers {
        let finishes = finishes(spec);
        for direction in 0..spec.directions() {
            let weights = network.direction(layer, direction);
            if shares_rows && layer == 0 {
                for tile in tiles.iter_mut() {
                    tile.projected.fit(shared_rows(steps) * 4 * spec.hidden);
                    isa.run(ProjectRows { weights, rows: &tile.features, out: &mut tile.projected });
                }
            }
            let only_last = layer + 1 == spec.layers && !spec.attention;
            let mut parts = tiles.iter_mut().map(|tile| InferTile {
                input: match layer {
                    0 if shares_rows => InferInput::Projected(&tile.projected),
                    0 => InferInput::Rows(&tile.features),
                    _ => InferInput::Rows(&tile.input),
                },
                output: if finishes { &mut tile.unfinished } else { &mut tile.output },
                cell: &mut tile.cell,
            });
            while let Some(tile) = parts.next() {
                isa.run(InferDirection {
                    weights,
                    tile,
                    second: parts.next(),
                    output_width: width,
                    output_offset: direction * spec.hidden,
                    reverse: direction == 1,
                    needed: steps_needed((steps, only_last), direction == 1),
                });
            }
        }
        for tile in tiles.iter_mut() {
            if finishes {
                tile.finish(network, layer);
            }
            std::mem::swap(&mut tile.input, &mut tile.output);
        }
    }
    tiles.iter_mut().for_each(|tile| tile.predict(network));
}

/// Returns whether the windows are consecutive, each one row after the previous, so that they share most rows.
fn follow_each_other(origins: &[usize]) -> bool {
    origins.windows(2).all(|pair| pair[0] + 1 == pair[1])
}

/// Returns whether a layer has a norm or residual connection.
fn finishes(spec: &CheckedNetworkSpec) -> bool {
    spec.layer_norm || spec.residual
}

/// Returns the rows, in [`Lanes`], of [`LANES`] consecutive windows of `steps` time steps.
fn shared_rows(steps: usize) -> usize {
    (steps + LANES - 1).div_ceil(LANES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_limit::MAX_BYTES;
    use crate::spec::NetworkSpec;
    use crate::tile::Tile;

    #[test]
    fn consecutive_windows_are_detected() {
        assert!(follow_each_other(&[7]) && follow_each_other(&[7, 8, 9]));
        assert!(!follow_each_other(&[7, 9]) && !follow_each_other(&[8, 7]) && !follow_each_other(&[7, 7]));
    }

    /// A tile fits into the memory of a forward pass for every valid network.
    #[test]
    fn inference_tile_takes_less_memory_than_a_training_tile() {
        for (inputs, hidden, layers) in
            [(1, 1, 1), (16, 50, 2), (4096, 1, 1), (4096, 4, 3), (3, 1650, 1), (2048, 1400, 1)]
        {
            for base in [NetworkSpec::base(inputs, 1), NetworkSpec::improved(inputs, 1)] {
                for bidirectional in [false, true] {
                    // The largest have the maximum number of parameters.
                    let Ok(spec) = (NetworkSpec { hidden, layers, bidirectional, ..base.clone() }).check() else {
                        continue;
                    };
                    for steps in [1, 60, 4096] {
                        let (inference, training) = (InferenceTiles::bytes(&spec, steps), Tile::bytes(&spec, steps));
                        assert!(inference <= training, "{spec:?}: {inference} {training}");
                        assert!(inference <= MAX_BYTES, "{spec:?}: {inference}");
                    }
                }
            }
        }
    }
}
