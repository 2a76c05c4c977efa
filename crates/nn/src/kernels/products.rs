//! Matrix products of the backward pass, blocked so that the sums stay in registers.

use super::lanes::{LANES, Lanes, balanced_blocks};
use super::simd::Simd;

/// Calls `$function::<S, R, constants…>(arguments…)` for the run-time number of rows `R` between 1 and `$limit`.
///
/// The condition is a constant, so that no code is generated for blocks which an instruction set never uses.
macro_rules! with_rows {
    ($rows:expr, $limit:expr, $function:ident::[$simd:ident $(, $constant:literal)*], $arguments:tt) => {
        with_rows!(@arms $rows, $limit, $function, [$simd, [$($constant),*]], $arguments,
            1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24)
    };
    (@arms $rows:expr, $limit:expr, $function:ident, $generics:tt, $arguments:tt, $($count:literal)*) => {
        match $rows {
            $($count if const { $count <= $limit } => with_rows!(@call $count, $function, $generics, $arguments),)*
            _ => {}
        }
    };
    (@call $count:literal, $function:ident, [$simd:ident, [$($constant:literal),*]], ($($argument:expr),*)) => {
        $function::<$simd, $count $(, $constant)*>($($argument),*)
    };
}
pub(super) use with_rows;

/// `out[rows] (+)= W · values`: `weights` is packed in balanced blocks of rows, each `[value][row of the block]`.
#[inline(always)]
pub(super) fn multiply<S: Simd>(simd: S, weights: &[f32], values: &[Lanes], out: &mut [Lanes], accumulate: bool) {
    let mut packed = weights;
    for (first, rows) in balanced_blocks(out.len(), S::ROWS) {
        let (block, rest) = packed.split_at(rows * values.len());
        packed = rest;
        let out = &mut out[first..first + rows];
        with_rows!(rows, S::ROWS, multiply_block::[S], (simd, block, values, out, accumulate));
    }
}

#[inline(always)]
fn multiply_block<S: Simd, const R: usize>(
    simd: S,
    weights: &[f32],
    values: &[Lanes],
    out: &mut [Lanes],
    accumulate: bool,
) {
    let Some(out) = out.first_chunk_mut::<R>() else { return };
    let mut sums = [simd.splat(0.0); R];
    if accumulate {
        for row in 0..R {
            sums[row] = simd.load(&out[row]);
        }
    }
    for (weights, value) in weights.as_chunks::<R>().0.iter().zip(values) {
        let value = simd.load(value);
        for row in 0..R {
            sums[row] = simd.mul_add(simd.splat(weights[row]), value, sums[row]);
        }
    }
    for row in 0..R {
        simd.store(sums[row], &mut out[row]);
    }
}

/// The left operand of a weight gradient: at step `p`, rows `p·stride .. p·stride + rows` of `[row][lane]`.
#[derive(Clone, Copy)]
pub(super) struct SteppedRows<'a> {
    pub(super) values: &'a [Lanes],
    pub(super) stride: usize,
    pub(super) rows: usize,
}

/// `out[row][column] += Σ_step Σ_lane rows[step][row][lane] · gates[step][lane][column]`.
///
/// `gates` holds, for every step, [`LANES`] rows of `columns` vectors (see [`transpose_gates`]).
#[inline(always)]
pub(super) fn accumulate_outer<S: Simd>(
    simd: S,
    left: SteppedRows<'_>,
    gates: &[Lanes],
    columns: usize,
    out: &mut [Lanes],
) {
    if gates.is_empty() {
        return;
    }
    for (column, width) in balanced_blocks(columns, S::GRADIENT_COLUMNS) {
        for (row, rows) in balanced_blocks(left.rows, S::GRADIENT_ROWS) {
            let out = &mut out[row * columns + column..];
            if width == 1 {
                with_rows!(rows, S::GRADIENT_ROWS, outer_block::[S, 1], (simd, left, row, &gates[column..], columns, out));
            } else if const { S::GRADIENT_COLUMNS >= 2 } {
                with_rows!(rows, S::GRADIENT_ROWS, outer_block::[S, 2], (simd, left, row, &gates[column..], columns, out));
            }
        }
    }
}

#[inline(always)]
fn outer_block<S: Simd, const R: usize, const C: usize>(
    simd: S,
    left: SteppedRows<'_>,
    first_row: usize,
    gates: &[Lanes],
    columns: usize,
    out: &mut [Lanes],
) {
    let mut sums = [[simd.splat(0.0); C]; R];
    for row in 0..R {
        for column in 0..C {
            sums[row][column] = simd.load(&out[row * columns + column]);
        }
    }
    for (step, gates) in gates.chunks(LANES * columns).enumerate() {
        let Some(rows) = left.values[step * left.stride + first_row..].first_chunk::<R>() else { return };
        for (lane, gates) in gates.chunks(columns).enumerate().take(LANES) {
            let Some(gates) = gates.first_chunk::<C>() else { return };
            let mut vectors = [simd.splat(0.0); C];
            for column in 0..C {
                vectors[column] = simd.load(&gates[column]);
            }
            for row in 0..R {
                let value = simd.splat(rows[row].0[lane]);
                for column in 0..C {
                    sums[row][column] = simd.mul_add(value, vectors[column], sums[row][column]);
                }
            }
        }
    }
    for row in 0..R {
        for column in 0..C {
            simd.store(sums[row][column], &mut out[row * columns + column]);
        }
    }
}

/// Turns `[gate][lane]` (padded to whole vectors) into `[lane][gate]`.
#[inline(always)]
pub(super) fn transpose_gates<S: Simd>(simd: S, gates: &[Lanes], out: &mut [Lanes]) {
    let columns = gates.len() / LANES;
    for (column, square) in gates.as_chunks::<LANES>().0.iter().enumerate() {
        let mut rows = [simd.splat(0.0); LANES];
        for lane in 0..LANES {
            rows[lane] = simd.load(&square[lane]);
        }
        let rows = simd.transpose(rows);
        for lane in 0..LANES {
            simd.store(rows[lane], &mut out[lane * columns + column]);
        }
    }
}
