//! One sample: hidden units instead of samples are in the lanes.
//!
//! Every sum is added up in the order of the kernels for tiles (bias, inputs, recurrent inputs), so the bits are the same.
//! The inputs of all time steps are projected first, as one matrix product; what is left for a step is a matrix times a
//! vector, with all sums of a block in registers.

use super::infer_cell::infer;
use super::kernel::Kernel;
use super::lanes::{LANES, Lanes, balanced_blocks};
use super::products::with_rows;
use super::simd::Simd;
use super::unit_columns::UnitColumns;
use crate::buffers::Buffer;

/// The weights of a layer in one direction, transposed, in the columns of [`UnitColumns`] and scaled by
/// [`GATE_SCALE`](super::GATE_SCALE).
#[derive(Clone, Debug)]
pub(crate) struct SingleWeights {
    /// `[input][column]`.
    pub(crate) input: Vec<Lanes>,
    /// Blocks of columns, each `[unit][column of the block]`.
    pub(crate) recurrent: Vec<Lanes>,
    /// Both biases added up, `[column]`.
    pub(crate) bias: Vec<Lanes>,
}

/// Working memory for one sample, `steps` time steps and `units` hidden units.
#[derive(Debug)]
pub(crate) struct SingleScratch {
    /// Pre-activations, `[step][column]`.
    gates: Buffer,
    /// After the step before, and after the step at hand: `[unit]`, padded.
    hidden: [Vec<Lanes>; 2],
    /// `[unit]`, padded.
    cell: Vec<Lanes>,
}

impl SingleScratch {
    /// Allocates.
    pub(crate) fn new(steps: usize, units: usize) -> Self {
        let zeros = vec![Lanes::ZERO; units.div_ceil(LANES)];
        Self {
            gates: Buffer::new(steps * UnitColumns::new(units).count()),
            hidden: [zeros.clone(), zeros.clone()],
            cell: zeros,
        }
    }
}

/// Runs one direction of a layer and writes its columns of the layer's output.
pub(crate) struct SingleDirection<'a> {
    /// Number of hidden units.
    pub(crate) units: usize,
    /// Whether time runs backwards.
    pub(crate) reverse: bool,
    /// How many time steps to run, in the order of the direction.
    pub(crate) needed: usize,
    pub(crate) weights: &'a SingleWeights,
    /// `[step][input]`.
    pub(crate) input: &'a [f32],
    /// Inputs of a step.
    pub(crate) input_width: usize,
    /// `[step][direction, unit]`.
    pub(crate) output: &'a mut [f32],
    /// Columns of a step's output.
    pub(crate) output_width: usize,
    /// First column of this direction.
    pub(crate) output_offset: usize,
    pub(crate) scratch: &'a mut SingleScratch,
}

impl Kernel for SingleDirection<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let steps = self.output.len() / self.output_width;
        let needed = self.needed.min(steps);
        let first_time = if self.reverse { steps - needed } else { 0 };
        self.project(simd, first_time, needed);
        self.scratch.cell.fill(Lanes::ZERO);
        for step in 0..needed {
            let time = if self.reverse { steps - 1 - step } else { step };
            self.step(simd, time - first_time, step);
            let out = &mut self.output[time * self.output_width + self.output_offset..][..self.units];
            for (out, hidden) in out.chunks_mut(LANES).zip(&self.scratch.hidden[1]) {
                out.copy_from_slice(&hidden.0[..out.len()]);
            }
            let [before, after] = &mut self.scratch.hidden;
            std::mem::swap(before, after);
        }
    }
}

impl SingleDirection<'_> {
    /// Bias and inputs of all time steps that are needed.
    #[inline(always)]
    fn project<S: Simd>(&mut self, simd: S, first_time: usize, needed: usize) {
        let columns = self.weights.bias.len();
        let input = &self.input[first_time * self.input_width..];
        for (column, width) in balanced_blocks(columns, S::GRADIENT_COLUMNS) {
            let (bias, weights) = (&self.weights.bias[column..], &self.weights.input[column..]);
            for (step, steps) in balanced_blocks(needed, S::GRADIENT_ROWS) {
                let input = &input[step * self.input_width..];
                let out = &mut self.scratch.gates[step * columns + column..];
                let input = (input, self.input_width);
                if width == 1 {
                    with_rows!(steps, S::GRADIENT_ROWS, project_block::[S, 1], (simd, input, bias, weights, columns, out));
                } else if const { S::GRADIENT_COLUMNS >= 2 } {
                    with_rows!(steps, S::GRADIENT_ROWS, project_block::[S, 2], (simd, input, bias, weights, columns, out));
                }
            }
        }
    }

    /// One time step.
    ///
    /// Every other step processes the blocks in reverse order: the blocks read last are still in the first-level cache, although
    /// the whole matrix may not fit.
    #[inline(always)]
    fn step<S: Simd>(&mut self, simd: S, row: usize, step: usize) {
        let columns = UnitColumns::new(self.units);
        let gates = &self.scratch.gates[row * columns.count()..][..columns.count()];
        let ([before, after], cell) = (&mut self.scratch.hidden, &mut self.scratch.cell);
        // The state before the first step is zero: the product is skipped.
        let before = if step == 0 { &[][..] } else { before.as_slice() };
        let last = columns.blocks().count() - 1;
        for block in 0..=last {
            let block = if step % 2 == 1 { last - block } else { block };
            let (first, width) = columns.block(block);
            let weights = &self.weights.recurrent[first * self.units..][..width * self.units];
            let gates = &gates[first..];
            let state = (before, &mut cell[block..], &mut after[block..]);
            match width {
                1 => unit_block::<S, 1>(simd, gates, weights, state),
                2 => unit_block::<S, 2>(simd, gates, weights, state),
                4 => unit_block::<S, 4>(simd, gates, weights, state),
                5 => unit_block::<S, 5>(simd, gates, weights, state),
                _ => unit_block::<S, 6>(simd, gates, weights, state),
            }
        }
    }
}

/// `out[row][column] = bias[column] + Σ_k input[row][k]·weights[k][column]` for `R` rows and `C` vectors of columns.
#[inline(always)]
fn project_block<S: Simd, const R: usize, const C: usize>(
    simd: S,
    (input, input_width): (&[f32], usize),
    bias: &[Lanes],
    weights: &[Lanes],
    columns: usize,
    out: &mut [Lanes],
) {
    let mut sums = [[simd.splat(0.0); C]; R];
    for row in &mut sums {
        for column in 0..C {
            row[column] = simd.load(&bias[column]);
        }
    }
    // Rows of equal length, so that the loop needs no bounds checks.
    let mut rows = [&input[..0]; R];
    for row in 0..R {
        rows[row] = &input[row * input_width..][..input_width];
    }
    for k in 0..input_width {
        let Some(weights) = weights[k * columns..].first_chunk::<C>() else { return };
        let mut vectors = [simd.splat(0.0); C];
        for column in 0..C {
            vectors[column] = simd.load(&weights[column]);
        }
        for row in 0..R {
            let value = simd.splat(rows[row][k]);
            for column in 0..C {
                sums[row][column] = simd.mul_add(vectors[column], value, sums[row][column]);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for column in 0..C {
            simd.store(sums[column], &mut out[row * columns + column]);
        }
    }
}

/// Adds the recurrent inputs to `C` columns of gates and updates the state of their units; `(before, cell, after)` are the
/// hidden units of the step before, and cells and hidden units from the first of these columns on.
#[inline(always)]
fn unit_block<S: Simd, const C: usize>(
    simd: S,
    gates: &[Lanes],
    weights: &[Lanes],
    (before, cell, after): (&[Lanes], &mut [Lanes], &mut [Lanes]),
) {
    let Some(gates) = gates.first_chunk::<C>() else { return };
    let mut sums = [simd.splat(0.0); C];
    for column in 0..C {
        sums[column] = simd.load(&gates[column]);
    }
    for (hidden, weights) in before.iter().zip(weights.as_chunks::<C>().0.chunks(LANES)) {
        for (&value, weights) in hidden.0.iter().zip(weights) {
            let value = simd.splat(value);
            for column in 0..C {
                sums[column] = simd.mul_add(simd.load(&weights[column]), value, sums[column]);
            }
        }
    }
    let mut units = cell.iter_mut().zip(after);
    if let Some(gates) = sums.first_chunk::<4>()
        && let Some((cell, after)) = units.next()
    {
        update(simd, *gates, cell, after);
    }
    if let Some((cell, after)) = units.next()
        && const { !C.is_multiple_of(4) }
    {
        update(simd, shared_columns::<S, C>(simd, &sums), cell, after);
    }
}

/// Extracts the four gates of the remaining units from the one or two columns that they share.
#[inline(always)]
fn shared_columns<S: Simd, const C: usize>(simd: S, sums: &[S::Vector; C]) -> [S::Vector; 4] {
    // Reading the last gate runs past the end of the columns, into zeros.
    let mut columns = [Lanes::ZERO; 4];
    for (column, sum) in columns.iter_mut().zip(&sums[C / 4 * 4..]) {
        simd.store(*sum, column);
    }
    let mut gates = [simd.splat(0.0); 4];
    for (gate, value) in gates.iter_mut().enumerate() {
        let place = gate * 4 * (C % 4);
        let mut units = Lanes::ZERO;
        for unit in 0..8 {
            let place = place + unit;
            units.0[unit] = columns[place / LANES].0[place % LANES];
        }
        *value = simd.load(&units);
    }
    gates
}

/// Activations and state update; lanes past the last unit are unused.
#[inline(always)]
fn update<S: Simd>(simd: S, gates: [S::Vector; 4], cell: &mut Lanes, hidden: &mut Lanes) {
    let ([state], [output]) = infer(simd, [gates], [simd.load(cell)]);
    simd.store(state, cell);
    simd.store(output, hidden);
}
