//! The inputs of the first layer for windows that share their rows.

use super::infer_block::{InferWeights, add_row, each_block};
use super::kernel::Kernel;
use super::lanes::Lanes;
use super::simd::Simd;

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
        each_block!(simd: S, self.weights, project_block(self.rows, self.out));
    }
}

#[inline(always)]
fn project_block<S: Simd, const U: usize>(
    simd: S,
    block: InferWeights<'_>,
    first: usize,
    rows: &[Lanes],
    out: &mut [Lanes],
) {
    let Some(bias) = block.bias[first..].first_chunk::<U>() else { return };
    let weights = block.blocks.as_chunks::<4>().0.as_chunks::<U>().0;
    let stride = rows.len() / block.inputs;
    for (chunk, rows) in rows.chunks_exact(block.inputs).enumerate() {
        let mut sums = [[simd.splat(0.0); 4]; U];
        for unit in 0..U {
            for gate in 0..4 {
                sums[unit][gate] = simd.splat(bias[unit][gate]);
            }
        }
        for (weights, value) in weights.iter().zip(rows) {
            sums = add_row(simd, weights, simd.load(value), sums);
        }
        let out = out[4 * first * stride + chunk..].iter_mut().step_by(stride);
        for (sum, out) in sums.as_flattened().iter().zip(out) {
            simd.store(*sum, out);
        }
    }
}
