//! Inference of a layer in one direction over all time steps of one or two tiles.
//!
//! Two tiles read each weight together: of a block of three units 14 loads are then enough for 24 multiplications, where a tile alone
//! takes 13 for 12.

use super::infer_block::{InferWeights, StepTile, each_block, infer_block, infer_block_pair};
use super::kernel::Kernel;
use super::lanes::{Lanes, row_pair};
use super::simd::Simd;

/// The inputs of a layer for one tile.
#[derive(Clone, Copy)]
pub(crate) enum InferInput<'a> {
    /// `[step][input]`.
    Rows(&'a [Lanes]),
    /// What [`ProjectRows`](super::ProjectRows) made of the rows that the windows of the tile share: time step `t` of lane `l` is row `t + l`.
    Projected(&'a [Lanes]),
}

/// Input, output and state of one tile.
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
    /// Another tile of the same number of time steps, if the instruction set has enough registers.
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
        assert!(self.second.is_none() || S::INFER_TILES == 2, "there is one tile on this instruction set");
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
                    let mut second = second.step(weights, columns, before, time);
                    each_block!(simd: S, weights, infer_block_pair(&mut tile, &mut second));
                }
                _ => each_block!(simd: S, weights, infer_block(&mut tile)),
            }
            before = Some(time);
        }
    }
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
