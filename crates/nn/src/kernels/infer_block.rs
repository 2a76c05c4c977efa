//! Inference of a block of hidden units at one time step of one or two tiles, in registers.

use super::infer_cell::infer;
use super::lanes::{LANES, Lanes};
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

/// Calls `$function::<S, U>(simd, block, first unit, arguments…)` for every block of `U` units.
///
/// The conditions are constants, so that no code is generated for blocks which an instruction set never uses.
macro_rules! each_block {
    ($simd:ident: $S:ident, $weights:expr, $function:ident($($argument:expr),*)) => {{
        let weights: InferWeights<'_> = $weights;
        let mut packed = weights.blocks;
        for (first, units) in $crate::kernels::balanced_blocks(weights.bias.len(), $S::INFER_UNITS) {
            let (blocks, rest) = packed.split_at(4 * units * (weights.inputs + weights.bias.len()));
            packed = rest;
            let block = InferWeights { blocks, ..weights };
            match units {
                1 => $function::<$S, 1>($simd, block, first, $($argument),*),
                2 if const { $S::INFER_UNITS >= 2 } => $function::<$S, 2>($simd, block, first, $($argument),*),
                3 if const { $S::INFER_UNITS >= 3 } => $function::<$S, 3>($simd, block, first, $($argument),*),
                _ => unreachable!("a block has at most {} units", $S::INFER_UNITS),
            }
        }
    }};
}
pub(super) use each_block;

/// Data of a tile that a time step reads and writes.
pub(super) struct StepTile<'a> {
    /// `[input]`; empty where they are projected.
    pub(super) input: &'a [Lanes],
    /// The projected inputs from this time step on, and from one column to the next.
    pub(super) projected: (&'a [f32], usize),
    /// h of the previous step; empty before the first, where it is zero.
    pub(super) hidden: &'a [Lanes],
    /// `[unit]`
    pub(super) cell: &'a mut [Lanes],
    /// `[unit]`
    pub(super) out: &'a mut [Lanes],
}

/// The gates of some units.
pub(super) type Sums<S, const U: usize> = [[<S as Simd>::Vector; 4]; U];

/// `U` units from `first` on, whose weights are the only block.
#[inline(always)]
pub(super) fn infer_block<S: Simd, const U: usize>(
    simd: S,
    block: InferWeights<'_>,
    first: usize,
    tile: &mut StepTile<'_>,
) {
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
pub(super) fn infer_block_pair<S: Simd, const U: usize>(
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
pub(super) fn add_row<S: Simd, const U: usize>(
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
