//! A layer in one direction over all time steps of one or two tiles, where nothing is trained.
//!
//! Two tiles read each weight together: a processor that multiplies a register by a number from memory no faster than it loads
//! numbers would otherwise wait for its loads (on AMD's Zen 4 a fifth of the time).

use super::dispatch::Kernel;
use super::infer_cell::infer;
use super::lanes::{LANES, Lanes, balanced_blocks, row_pair};
use super::simd::Simd;

/// The weights of a layer in one direction, scaled by [`GATE_SCALE`](super::GATE_SCALE).
#[derive(Clone, Copy)]
pub(crate) struct InferWeights<'a> {
    /// Blocks of units, each `[input, then recurrent input][unit][gate]`.
    pub(crate) blocks: &'a [f32],
    /// Both biases added up, `[unit][gate]`.
    pub(crate) bias: &'a [[f32; 4]],
    /// Inputs of a step.
    pub(crate) inputs: usize,
}

/// The inputs of a layer for one tile.
#[derive(Clone, Copy)]
pub(crate) enum InferInput<'a> {
    /// `[step][input]`.
    Rows(&'a [Lanes]),
    /// What [`ProjectRows`] made of the rows that the windows of the tile share: time step `t` of lane `l` is row `t + l`.
    Projected(&'a [Lanes]),
}

/// What is computed for one tile.
pub(crate) struct InferTile<'a> {
    /// Of the same kind for both tiles that run together.
    pub(crate) input: InferInput<'a>,
    /// `[step][direction, unit]`.
    pub(crate) output: &'a mut [Lanes],
    /// Working memory, `[unit]`.
    pub(crate) cell: &'a mut [Lanes],
}

/// Runs one direction of a layer and writes its columns of the outputs.
pub(crate) struct InferDirection<'a> {
    pub(crate) weights: InferWeights<'a>,
    pub(crate) tile: InferTile<'a>,
    /// Another tile of as many time steps, if the instruction set has room for two.
    pub(crate) second: Option<InferTile<'a>>,
    /// Columns of a step's output.
    pub(crate) output_width: usize,
    /// First column of this direction.
    pub(crate) output_offset: usize,
    /// Whether time runs backwards.
    pub(crate) reverse: bool,
    /// How many time steps to run, in the order of the direction; the rest of the outputs stays as it is.
    pub(crate) needed: usize,
}

impl Kernel for InferDirection<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (weights, columns) = (self.weights, (self.output_width, self.output_offset));
        let steps = self.tile.output.len() / self.output_width;
        debug_assert!(self.second.is_none() || S::INFER_TILES == 2, "there is one tile on this instruction set");
        self.tile.cell.fill(Lanes::ZERO);
        if let Some(second) = &mut self.second {
            second.cell.fill(Lanes::ZERO);
        }
        let mut before = None;
        for step in 0..self.needed.min(steps) {
            let time = if self.reverse { steps - 1 - step } else { step };
            let mut tile = self.tile.step(weights, columns, before, time);
            match &mut self.second {
                Some(second) if const { S::INFER_TILES >= 2 } => {
                    infer_step_pair(simd, weights, &mut tile, &mut second.step(weights, columns, before, time));
                }
                _ => infer_step(simd, weights, &mut tile),
            }
            before = Some(time);
        }
    }
}

/// What a time step reads and writes of a tile.
struct StepTile<'a> {
    /// `[input]`; empty where they are projected.
    input: &'a [Lanes],
    /// The projected inputs from this time step on, and from one column to the next.
    projected: (&'a [f32], usize),
    /// h of the step before; empty before the first, where it is zero: there is nothing to multiply.
    hidden: &'a [Lanes],
    /// `[unit]`
    cell: &'a mut [Lanes],
    /// `[unit]`
    out: &'a mut [Lanes],
}

impl InferTile<'_> {
    #[inline(always)]
    fn step(
        &mut self,
        weights: InferWeights<'_>,
        (width, offset): (usize, usize),
        before: Option<usize>,
        time: usize,
    ) -> StepTile<'_> {
        let units = weights.bias.len();
        let (hidden, out) = match before {
            None => (&[][..], &mut self.output[time * width..][..width]),
            Some(before) => {
                let (last, out) = row_pair(self.output, width, before, time);
                (&last[offset..][..units], out)
            }
        };
        let (input, projected) = match self.input {
            InferInput::Rows(rows) => (&rows[time * weights.inputs..][..weights.inputs], (&[][..], 0)),
            InferInput::Projected(sums) => {
                let sums = Lanes::flatten(sums);
                (&[][..], (&sums[time..], sums.len() / (4 * units)))
            }
        };
        StepTile { input, projected, hidden, cell: self.cell, out: &mut out[offset..][..units] }
    }
}

/// The gates of some units.
type Sums<S, const U: usize> = [[<S as Simd>::Vector; 4]; U];

/// One time step of all units of a tile.
#[inline(always)]
fn infer_step<S: Simd>(simd: S, weights: InferWeights<'_>, tile: &mut StepTile<'_>) {
    let mut packed = weights.blocks;
    for (first, units) in balanced_blocks(weights.bias.len(), S::INFER_UNITS) {
        let (blocks, rest) = packed.split_at(4 * units * (weights.inputs + weights.bias.len()));
        packed = rest;
        let block = InferWeights { blocks, ..weights };
        match units {
            1 => infer_block::<S, 1>(simd, block, first, tile),
            2 if const { S::INFER_UNITS >= 2 } => infer_block::<S, 2>(simd, block, first, tile),
            3 if const { S::INFER_UNITS >= 3 } => infer_block::<S, 3>(simd, block, first, tile),
            _ => {}
        }
    }
}

/// The same for two tiles.
#[inline(always)]
fn infer_step_pair<S: Simd>(simd: S, weights: InferWeights<'_>, one: &mut StepTile<'_>, two: &mut StepTile<'_>) {
    let mut packed = weights.blocks;
    for (first, units) in balanced_blocks(weights.bias.len(), S::INFER_UNITS) {
        let (blocks, rest) = packed.split_at(4 * units * (weights.inputs + weights.bias.len()));
        packed = rest;
        let block = InferWeights { blocks, ..weights };
        match units {
            1 => infer_block_pair::<S, 1>(simd, block, first, one, two),
            2 if const { S::INFER_UNITS >= 2 } => infer_block_pair::<S, 2>(simd, block, first, one, two),
            3 if const { S::INFER_UNITS >= 3 } => infer_block_pair::<S, 3>(simd, block, first, one, two),
            _ => {}
        }
    }
}

/// `U` units from `first` on, whose weights are the only block.
#[inline(always)]
fn infer_block<S: Simd, const U: usize>(simd: S, block: InferWeights<'_>, first: usize, tile: &mut StepTile<'_>) {
    let rows = block.blocks.as_chunks::<4>().0.as_chunks::<U>().0;
    let (input_weights, hidden_weights) = rows.split_at(block.inputs);
    let mut sums = starting_sums::<S, U>(simd, block.bias, first, tile);
    for (weights, values) in [(input_weights, tile.input), (hidden_weights, tile.hidden)] {
        for (row, value) in weights.iter().zip(values) {
            sums = add_row(simd, row, simd.load(value), sums);
        }
    }
    update(simd, sums, first, tile);
}

/// The same for two tiles.
#[inline(always)]
fn infer_block_pair<S: Simd, const U: usize>(
    simd: S,
    block: InferWeights<'_>,
    first: usize,
    one: &mut StepTile<'_>,
    two: &mut StepTile<'_>,
) {
    let rows = block.blocks.as_chunks::<4>().0.as_chunks::<U>().0;
    let (input_weights, hidden_weights) = rows.split_at(block.inputs);
    let mut sums = starting_sums::<S, U>(simd, block.bias, first, one);
    let mut others = starting_sums::<S, U>(simd, block.bias, first, two);
    let products = [(input_weights, one.input, two.input), (hidden_weights, one.hidden, two.hidden)];
    for (weights, values, other_values) in products {
        for ((row, value), other) in weights.iter().zip(values).zip(other_values) {
            (sums, others) = add_row_pair(simd, row, (value, other), (sums, others));
        }
    }
    update(simd, sums, first, one);
    update(simd, others, first, two);
}

/// Bias, or bias and inputs where these are projected.
#[inline(always)]
fn starting_sums<S: Simd, const U: usize>(simd: S, bias: &[[f32; 4]], first: usize, tile: &StepTile<'_>) -> Sums<S, U> {
    let mut sums = [[simd.splat(0.0); 4]; U];
    let (projected, stride) = tile.projected;
    if stride == 0 {
        for (sums, bias) in sums.iter_mut().zip(&bias[first..]) {
            for gate in 0..4 {
                sums[gate] = simd.splat(bias[gate]);
            }
        }
    } else {
        let mut columns = projected[4 * first * stride..].chunks(stride);
        for sum in sums.iter_mut().flatten() {
            if let Some(values) = columns.next().and_then(|column| column.first_chunk::<LANES>()) {
                *sum = simd.load_unaligned(values);
            }
        }
    }
    sums
}

/// Adds the products of one input.
#[inline(always)]
fn add_row<S: Simd, const U: usize>(
    simd: S,
    weights: &[[f32; 4]; U],
    value: S::Vector,
    mut sums: Sums<S, U>,
) -> Sums<S, U> {
    for unit in 0..U {
        for gate in 0..4 {
            sums[unit][gate] = simd.mul_add(simd.splat(weights[unit][gate]), value, sums[unit][gate]);
        }
    }
    sums
}

/// The same for two tiles, which share the loads of the weights.
#[inline(always)]
fn add_row_pair<S: Simd, const U: usize>(
    simd: S,
    weights: &[[f32; 4]; U],
    (one, two): (&Lanes, &Lanes),
    (mut sums, mut others): (Sums<S, U>, Sums<S, U>),
) -> (Sums<S, U>, Sums<S, U>) {
    let (one, two) = (simd.load(one), simd.load(two));
    for unit in 0..U {
        for gate in 0..4 {
            let weight = simd.splat(weights[unit][gate]);
            sums[unit][gate] = simd.mul_add(weight, one, sums[unit][gate]);
            others[unit][gate] = simd.mul_add(weight, two, others[unit][gate]);
        }
    }
    (sums, others)
}

/// New states of `U` units from `first` on.
#[inline(always)]
fn update<S: Simd, const U: usize>(simd: S, sums: Sums<S, U>, first: usize, tile: &mut StepTile<'_>) {
    let (Some(cells), Some(out)) =
        (tile.cell[first..].first_chunk_mut::<U>(), tile.out[first..].first_chunk_mut::<U>())
    else {
        return;
    };
    let mut states = [simd.splat(0.0); U];
    for unit in 0..U {
        states[unit] = simd.load(&cells[unit]);
    }
    let (states, hidden) = infer(simd, sums, states);
    for unit in 0..U {
        simd.store(states[unit], &mut cells[unit]);
        simd.store(hidden[unit], &mut out[unit]);
    }
}

/// Multiplies rows of inputs by the weights of a layer, bias included, for windows that share these rows.
pub(crate) struct ProjectRows<'a> {
    pub(crate) weights: InferWeights<'a>,
    /// `[16 rows][input][row]`.
    pub(crate) rows: &'a [Lanes],
    /// `[unit][gate][16 rows][row]`.
    pub(crate) out: &'a mut [Lanes],
}

impl Kernel for ProjectRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let InferWeights { blocks, bias, inputs } = self.weights;
        let stride = self.rows.len() / inputs;
        let mut packed = blocks;
        for (first, units) in balanced_blocks(bias.len(), S::INFER_UNITS) {
            let (block, rest) = packed.split_at(4 * units * (inputs + bias.len()));
            packed = rest;
            let bias = &bias[first..];
            for (chunk, rows) in self.rows.chunks_exact(inputs).enumerate() {
                let out = self.out[4 * first * stride + chunk..].iter_mut().step_by(stride);
                match units {
                    1 => project_block::<S, 1>(simd, block, bias, rows, out),
                    2 if const { S::INFER_UNITS >= 2 } => project_block::<S, 2>(simd, block, bias, rows, out),
                    3 if const { S::INFER_UNITS >= 3 } => project_block::<S, 3>(simd, block, bias, rows, out),
                    _ => {}
                }
            }
        }
    }
}

#[inline(always)]
fn project_block<'a, S: Simd, const U: usize>(
    simd: S,
    weights: &[f32],
    bias: &[[f32; 4]],
    rows: &[Lanes],
    out: impl Iterator<Item = &'a mut Lanes>,
) {
    let Some(bias) = bias.first_chunk::<U>() else { return };
    let mut sums = [[simd.splat(0.0); 4]; U];
    for unit in 0..U {
        for gate in 0..4 {
            sums[unit][gate] = simd.splat(bias[unit][gate]);
        }
    }
    for (weights, value) in weights.as_chunks::<4>().0.as_chunks::<U>().0.iter().zip(rows) {
        sums = add_row(simd, weights, simd.load(value), sums);
    }
    for (sum, out) in sums.as_flattened().iter().zip(out) {
        simd.store(*sum, out);
    }
}
