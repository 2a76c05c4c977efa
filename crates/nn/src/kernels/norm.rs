//! Layer norm over the units of a time step, and the residual connection after it.
//!
//! ```text
//! m = mean_u x_u    r = 1/√(mean_u (x_u − m)² + 1e-5)    y_u = γ_u·(x_u − m)·r + β_u  (+ residual_u)
//! ```
//! Ba, Kiros & Hinton 2016 with the ε of PyTorch's `nn.LayerNorm`.

use super::kernel::Kernel;
use super::lanes::Lanes;
use super::simd::Simd;

/// PyTorch's default.
pub(crate) const EPSILON: f32 = 1e-5;

/// Values of one time step that the backward pass needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NormTrace {
    mean: Lanes,
    /// The reciprocal of the standard deviation.
    inverse: Lanes,
}

impl NormTrace {
    /// Initial value.
    pub(crate) const ZERO: Self = Self { mean: Lanes::ZERO, inverse: Lanes::ZERO };
}

/// Writes `norm(source) + residual`; either may be absent.
pub(crate) struct NormForward<'a> {
    /// Units of a time step.
    pub(crate) width: usize,
    /// γ and β, `[unit]`, and the statistics to write, `[step]`.
    pub(crate) norm: Option<(&'a [f32], &'a [f32], &'a mut [NormTrace])>,
    /// `[step][unit]`.
    pub(crate) residual: Option<&'a [Lanes]>,
    /// `[step][unit]`.
    pub(crate) source: &'a [Lanes],
    /// `[step][unit]`.
    pub(crate) out: &'a mut [Lanes],
}

impl Kernel for NormForward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match self.norm {
            None => self.out.copy_from_slice(self.source),
            Some((weight, bias, traces)) => {
                let steps = self.source.chunks_exact(self.width).zip(self.out.chunks_exact_mut(self.width));
                for ((source, out), trace) in steps.zip(traces) {
                    *trace = statistics(simd, source);
                    let (mean, inverse) = (simd.load(&trace.mean), simd.load(&trace.inverse));
                    for unit in 0..source.len() {
                        let centred = simd.mul(simd.sub(simd.load(&source[unit]), mean), inverse);
                        let value = simd.mul_add(simd.splat(weight[unit]), centred, simd.splat(bias[unit]));
                        simd.store(value, &mut out[unit]);
                    }
                }
            }
        }
        if let Some(residual) = self.residual {
            for (out, residual) in self.out.iter_mut().zip(residual) {
                simd.store(simd.add(simd.load(out), simd.load(residual)), out);
            }
        }
    }
}

#[inline(always)]
fn statistics<S: Simd>(simd: S, values: &[Lanes]) -> NormTrace {
    let share = simd.splat(1.0 / values.len() as f32);
    let mut sum = simd.splat(0.0);
    for value in values {
        sum = simd.add(sum, simd.load(value));
    }
    let mean = simd.mul(sum, share);
    let mut squares = simd.splat(0.0);
    for value in values {
        let centred = simd.sub(simd.load(value), mean);
        squares = simd.mul_add(centred, centred, squares);
    }
    let deviation = simd.sqrt(simd.mul_add(squares, share, simd.splat(EPSILON)));
    let mut trace = NormTrace::ZERO;
    simd.store(mean, &mut trace.mean);
    simd.store(simd.div(simd.splat(1.0), deviation), &mut trace.inverse);
    trace
}

/// Turns ∂L/∂y into ∂L/∂x in place, and adds the gradients of γ and β.
pub(crate) struct NormBackward<'a> {
    /// Units of a time step.
    pub(crate) width: usize,
    /// γ, `[unit]`.
    pub(crate) weight: &'a [f32],
    /// From the forward pass, `[step]`.
    pub(crate) traces: &'a [NormTrace],
    /// The source of the forward pass, `[step][unit]`.
    pub(crate) source: &'a [Lanes],
    /// `[step][unit]`.
    pub(crate) gradient: &'a mut [Lanes],
    /// Sums for γ and β, `[unit]` each.
    pub(crate) sums: &'a mut NormGradient,
}

/// Sums of the gradients of γ and β, lane by lane, `[unit]`.
#[derive(Debug)]
pub(crate) struct NormGradient {
    pub(crate) weight: Vec<Lanes>,
    pub(crate) bias: Vec<Lanes>,
}

impl Kernel for NormBackward<'_> {
    type Output = ();

    /// With `x̂ = (x − m)·r` and `g = γ·∂L/∂y`: `∂L/∂x = r·(g − mean g − x̂·mean(g·x̂))`.
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let share = simd.splat(1.0 / self.width as f32);
        let steps = self.source.chunks_exact(self.width).zip(self.gradient.chunks_exact_mut(self.width));
        for ((source, gradient), trace) in steps.zip(self.traces) {
            let (mean, inverse) = (simd.load(&trace.mean), simd.load(&trace.inverse));
            let (mut plain, mut weighted) = (simd.splat(0.0), simd.splat(0.0));
            for unit in 0..source.len() {
                let centred = simd.mul(simd.sub(simd.load(&source[unit]), mean), inverse);
                let slope = simd.load(&gradient[unit]);
                let (weight, bias) = (&mut self.sums.weight[unit], &mut self.sums.bias[unit]);
                simd.store(simd.mul_add(slope, centred, simd.load(weight)), weight);
                simd.store(simd.add(slope, simd.load(bias)), bias);
                let scaled = simd.mul(slope, simd.splat(self.weight[unit]));
                plain = simd.add(plain, scaled);
                weighted = simd.mul_add(scaled, centred, weighted);
            }
            let (plain, weighted) = (simd.mul(plain, share), simd.mul(weighted, share));
            for unit in 0..source.len() {
                let centred = simd.mul(simd.sub(simd.load(&source[unit]), mean), inverse);
                let scaled = simd.mul(simd.load(&gradient[unit]), simd.splat(self.weight[unit]));
                let rest = simd.sub(simd.sub(scaled, plain), simd.mul(centred, weighted));
                simd.store(simd.mul(rest, inverse), &mut gradient[unit]);
            }
        }
    }
}
