//! The forward pass of many windows, where nothing is trained.

use crate::kernels::{
    AttentionForward, AttentionState, InferDirection, InferInput, InferTile, InferWeights, Isa, LANES, Lanes,
    NormForward, NormTrace, ProjectRows,
};
use crate::packed::ForwardDirectionWeights;
use crate::spec::CheckedNetworkSpec;
use crate::tile::{TileWeights, steps_needed};
use crate::windows::WindowSource;

/// The network that runs.
#[derive(Clone, Copy)]
pub(crate) struct InferenceNetwork<'a> {
    pub(crate) isa: Isa,
    pub(crate) spec: &'a CheckedNetworkSpec,
    /// Packed for inference.
    pub(crate) weights: TileWeights<'a>,
}

impl<'a> InferenceNetwork<'a> {
    /// The weights of a layer in one direction.
    fn direction(&self, layer: usize, direction: usize) -> InferWeights<'a> {
        let index = layer * self.spec.directions() + direction;
        let ForwardDirectionWeights { weights, bias } = &self.weights.forward.directions[index];
        InferWeights { blocks: weights, bias, inputs: self.spec.layer_inputs(layer) }
    }
}

/// Working memory for some tiles that run together.
#[derive(Debug)]
pub(crate) struct InferenceTiles {
    tiles: Vec<TileMemory>,
}

/// Working memory of a tile.
#[derive(Debug)]
struct TileMemory {
    /// What the layer at hand sees, `[step][input]`, with room for the widest layer.
    input: Vec<Lanes>,
    /// Rows that all windows share, `[16 rows][input][row]`.
    rows: Vec<Lanes>,
    /// These rows times the weights of the first layer, `[unit][gate][row]`.
    projected: Vec<f32>,
    /// Inputs of the last time step; empty where the head does not see them.
    last_input: Vec<Lanes>,
    /// `[unit]`
    cell: Vec<Lanes>,
    /// What the layer at hand passes on, `[step][direction, unit]`, with room for the widest.
    output: Vec<Lanes>,
    /// The same before layer norm and residual connection; empty where there is neither.
    unfinished: Vec<Lanes>,
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

    /// Returns about how many bytes [`InferenceTiles::new`] allocates for one tile.
    pub(crate) fn bytes(spec: &CheckedNetworkSpec, steps: usize) -> usize {
        let buffers = steps * (2 * widest(spec) + if finishes(spec) { spec.width() } else { 0 });
        let shared = shared_rows(steps) * (spec.inputs + 4 * spec.hidden);
        let attention = if spec.attention { AttentionState::bytes(steps, spec.width(), spec.hidden) } else { 0 };
        (buffers + shared + spec.hidden) * size_of::<Lanes>() + attention
    }

    /// Writes the outputs of up to checked origins, [`LANES`] for every tile, as `[origin, outputs]`.
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
            input: zeros(steps * widest(spec)),
            rows: zeros(shared_rows(steps) * spec.inputs),
            projected: vec![0.0; shared_rows(steps) * LANES * 4 * spec.hidden],
            last_input: zeros(if spec.skip { spec.inputs } else { 0 }),
            cell: zeros(spec.hidden),
            output: zeros(steps * widest(spec)),
            unfinished: zeros(if finishes(spec) { steps * width } else { 0 }),
            norm: vec![NormTrace::ZERO; if spec.layer_norm { steps } else { 0 }],
            attention: spec.attention.then(|| AttentionState::new(steps, width, spec.hidden)),
            prediction: zeros(spec.outputs),
        }
    }

    /// Layer norm and residual connection of a layer, from `unfinished` to `output`.
    fn finish(&mut self, network: InferenceNetwork<'_>, layer: usize) {
        let norm = network.weights.norm(layer);
        network.isa.run(NormForward {
            width: network.spec.width(),
            norm: norm.map(|(weight, bias)| (weight, bias, self.norm.as_mut_slice())),
            residual: (network.spec.residual && layer > 0).then_some(&self.input[..self.unfinished.len()]),
            source: &self.unfinished,
            out: &mut self.output[..self.unfinished.len()],
        });
    }

    /// Attention and head.
    fn predict(&mut self, network: InferenceNetwork<'_>, steps: usize) {
        let width = network.spec.width();
        let values = &self.input[..steps * width];
        let seen = match (&mut self.attention, network.weights.attention()) {
            (Some(state), Some(parameters)) => {
                network.isa.run(AttentionForward { parameters, values, state });
                state.context.as_slice()
            }
            _ => &values[(steps - 1) * width..],
        };
        network.weights.head(seen, &self.last_input, &mut self.prediction);
    }
}

/// Runs all layers and the head.
fn forward(tiles: &mut [TileMemory], network: InferenceNetwork<'_>, source: &WindowSource<'_>, origins: &[usize]) {
    let InferenceNetwork { isa, spec, .. } = network;
    let (steps, width) = (source.lookback(), spec.width());
    let shares_rows = origins.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    for (tile, origins) in tiles.iter_mut().zip(origins.chunks(LANES)) {
        match origins {
            [first, .., last] | [first @ last] if shares_rows => {
                source.gather_rows(first + 1 - steps, *last, &mut tile.rows);
            }
            _ => source.gather(origins, &mut tile.input[..steps * spec.inputs]),
        }
        source.gather(origins, &mut tile.last_input);
    }
    for layer in 0..spec.layers {
        let finishes = finishes(spec);
        for direction in 0..spec.directions() {
            let weights = network.direction(layer, direction);
            let is_projected = shares_rows && layer == 0;
            if is_projected {
                for tile in tiles.iter_mut() {
                    isa.run(ProjectRows { weights, rows: &tile.rows, out: &mut tile.projected });
                }
            }
            let only_last = layer + 1 == spec.layers && !spec.attention;
            let mut parts = tiles.iter_mut().map(|tile| InferTile {
                input: if is_projected {
                    InferInput::Projected(&tile.projected)
                } else {
                    InferInput::Rows(&tile.input)
                },
                output: if finishes { &mut tile.unfinished } else { &mut tile.output[..steps * width] },
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
    tiles.iter_mut().for_each(|tile| tile.predict(network, steps));
}

/// Returns whether something comes between the LSTM of a layer and the next layer.
fn finishes(spec: &CheckedNetworkSpec) -> bool {
    spec.layer_norm || spec.residual
}

/// Returns the columns of the widest layer's inputs or outputs.
fn widest(spec: &CheckedNetworkSpec) -> usize {
    spec.width().max(spec.inputs)
}

/// Returns the rows, in [`Lanes`], that [`LANES`] windows of `steps` time steps share if they follow each other.
fn shared_rows(steps: usize) -> usize {
    (steps + LANES - 1).div_ceil(LANES)
}
