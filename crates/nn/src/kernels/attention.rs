//! Additive attention over time.
//!
//! ```text
//! u_t = tanh(W·y_t + b)    s_t = v·u_t    α = softmax_t s    context = Σ_t α_t·y_t
//! ```
//! Bahdanau, Cho & Bengio 2015, with one query that does not depend on the sample. The score needs no bias: the softmax is
//! invariant to it.

use super::activations::{exponential, tanh};
use super::kernel::Kernel;
use super::lanes::{LANES, Lanes};
use super::products::{SteppedRows, accumulate_outer, multiply, transpose_gates};
use super::simd::Simd;

/// Time steps whose gradients are gathered before they go into the weight gradient.
const CHUNK: usize = 16;

/// The attention's parameters as the kernels read them.
#[derive(Clone, Copy)]
pub(crate) struct AttentionWeights<'a> {
    /// W in blocks of rows, each `[input][row]`.
    pub(crate) forward: &'a [f32],
    /// Wᵀ likewise; empty without a backward pass.
    pub(crate) backward: &'a [f32],
    /// `[attention unit]`.
    pub(crate) bias: &'a [f32],
    /// v, `[attention unit]`.
    pub(crate) score: &'a [f32],
}

/// Results of the forward pass that the backward pass needs.
#[derive(Debug)]
pub(crate) struct AttentionState {
    /// u, `[step][attention unit]`.
    units: Vec<Lanes>,
    /// α, `[step]`.
    weights: Vec<Lanes>,
    /// `[unit]`.
    pub(crate) context: Vec<Lanes>,
}

impl AttentionState {
    /// Allocates for `steps` time steps of `width` units and `units` attention units.
    pub(crate) fn new(steps: usize, width: usize, units: usize) -> Self {
        Self {
            units: vec![Lanes::ZERO; steps * units],
            weights: vec![Lanes::ZERO; steps],
            context: vec![Lanes::ZERO; width],
        }
    }

    /// Returns the bytes it takes.
    pub(crate) fn bytes(steps: usize, width: usize, units: usize) -> usize {
        size_of::<Lanes>() * (steps * (units + 1) + width)
    }
}

/// Computes the context.
pub(crate) struct AttentionForward<'a> {
    pub(crate) parameters: AttentionWeights<'a>,
    /// y, `[step][unit]`.
    pub(crate) values: &'a [Lanes],
    pub(crate) state: &'a mut AttentionState,
}

impl Kernel for AttentionForward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let AttentionState { units, weights, context } = self.state;
        let (bias, score) = (self.parameters.bias, self.parameters.score);
        let mut largest = simd.splat(f32::MIN);
        let steps = self.values.chunks_exact(context.len()).zip(units.chunks_exact_mut(bias.len()));
        for ((values, units), weight) in steps.zip(weights.iter_mut()) {
            for (unit, &bias) in units.iter_mut().zip(bias) {
                simd.store(simd.splat(bias), unit);
            }
            multiply(simd, self.parameters.forward, values, units, true);
            let mut sum = simd.splat(0.0);
            for (unit, &score) in units.iter_mut().zip(score) {
                let value = tanh(simd, simd.load(unit));
                simd.store(value, unit);
                sum = simd.mul_add(value, simd.splat(score), sum);
            }
            simd.store(sum, weight);
            largest = simd.max(largest, sum);
        }
        softmax(simd, weights, largest);
        weighted_mean(simd, weights, self.values, context);
    }
}

/// The maximum score is subtracted first, so that no exponential overflows.
#[inline(always)]
fn softmax<S: Simd>(simd: S, weights: &mut [Lanes], largest: S::Vector) {
    let mut sum = simd.splat(0.0);
    for weight in weights.iter_mut() {
        let value = exponential(simd, simd.sub(simd.load(weight), largest));
        simd.store(value, weight);
        sum = simd.add(sum, value);
    }
    let share = simd.div(simd.splat(1.0), sum);
    for weight in weights {
        simd.store(simd.mul(simd.load(weight), share), weight);
    }
}

#[inline(always)]
fn weighted_mean<S: Simd>(simd: S, weights: &[Lanes], values: &[Lanes], out: &mut [Lanes]) {
    out.fill(Lanes::ZERO);
    for (values, weight) in values.chunks_exact(out.len()).zip(weights) {
        let weight = simd.load(weight);
        for (out, value) in out.iter_mut().zip(values) {
            simd.store(simd.mul_add(weight, simd.load(value), simd.load(out)), out);
        }
    }
}

/// Sums of the gradients of the attention's parameters.
#[derive(Debug)]
pub(crate) struct AttentionGradient {
    /// `[unit][attention unit]`, rows padded to whole vectors.
    pub(crate) weights: Vec<Lanes>,
    /// `[attention unit][lane]`.
    pub(crate) bias: Vec<Lanes>,
    /// `[attention unit][lane]`.
    pub(crate) score: Vec<Lanes>,
}

/// Buffers of the backward pass.
#[derive(Debug)]
pub(crate) struct AttentionScratch {
    /// ∂L/∂α, then ∂L/∂s, `[step]`.
    scores: Vec<Lanes>,
    /// ∂L/∂(W·y + b) of one step, padded to whole squares by rows that stay zero.
    units: Vec<Lanes>,
    /// That of a chunk of steps, `[step][lane][attention unit]`.
    transposed: Vec<Lanes>,
}

impl AttentionScratch {
    /// Allocates for `steps` time steps and `units` attention units.
    pub(crate) fn new(steps: usize, units: usize) -> Self {
        let padded = units.next_multiple_of(LANES);
        Self {
            scores: vec![Lanes::ZERO; steps],
            units: vec![Lanes::ZERO; padded],
            transposed: vec![Lanes::ZERO; CHUNK * padded],
        }
    }
}

/// Writes ∂L/∂y of all steps and adds the parameters' gradients.
pub(crate) struct AttentionBackward<'a> {
    pub(crate) parameters: AttentionWeights<'a>,
    /// y, `[step][unit]`.
    pub(crate) values: &'a [Lanes],
    pub(crate) state: &'a AttentionState,
    /// ∂L/∂context, `[unit]`.
    pub(crate) context_gradient: &'a [Lanes],
    /// ∂L/∂y, `[step][unit]`.
    pub(crate) gradient: &'a mut [Lanes],
    pub(crate) scratch: &'a mut AttentionScratch,
    pub(crate) sums: &'a mut AttentionGradient,
}

impl Kernel for AttentionBackward<'_> {
    type Output = ();

    /// `∂L/∂α_t = ∂L/∂context · y_t`, `∂L/∂s_t = α_t·(∂L/∂α_t − Σ_τ α_τ·∂L/∂α_τ)`.
    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let width = self.context_gradient.len();
        let mut mean = simd.splat(0.0);
        for (step, values) in self.values.chunks_exact(width).enumerate() {
            let mut sum = simd.splat(0.0);
            for (value, gradient) in values.iter().zip(self.context_gradient) {
                sum = simd.mul_add(simd.load(value), simd.load(gradient), sum);
            }
            simd.store(sum, &mut self.scratch.scores[step]);
            mean = simd.mul_add(simd.load(&self.state.weights[step]), sum, mean);
        }
        let size = self.scratch.units.len();
        let steps = self.scratch.scores.len();
        let mut first = 0;
        while first < steps {
            let count = CHUNK.min(steps - first);
            for step in first..first + count {
                self.step(simd, step, mean);
                let row = &mut self.scratch.transposed[(step - first) * size..][..size];
                transpose_gates(simd, &self.scratch.units, row);
            }
            let left = SteppedRows { values: &self.values[first * width..], stride: width, rows: width };
            let chunk = &self.scratch.transposed[..count * size];
            accumulate_outer(simd, left, chunk, size / LANES, &mut self.sums.weights);
            first += count;
        }
    }
}

impl AttentionBackward<'_> {
    /// One time step: the gradient of the attention units, and through them that of `y`.
    #[inline(always)]
    fn step<S: Simd>(&mut self, simd: S, step: usize, mean: S::Vector) {
        let width = self.context_gradient.len();
        let score = self.parameters.score;
        let weight = simd.load(&self.state.weights[step]);
        let slope = simd.mul(weight, simd.sub(simd.load(&self.scratch.scores[step]), mean));
        let values = &self.state.units[step * score.len()..][..score.len()];
        for (unit, value) in values.iter().enumerate() {
            let value = simd.load(value);
            let through = simd.mul(slope, simd.splat(score[unit]));
            let gradient = simd.mul(through, simd.sub(simd.splat(1.0), simd.mul(value, value)));
            simd.store(gradient, &mut self.scratch.units[unit]);
            let (bias, score) = (&mut self.sums.bias[unit], &mut self.sums.score[unit]);
            simd.store(simd.add(simd.load(bias), gradient), bias);
            simd.store(simd.mul_add(slope, value, simd.load(score)), score);
        }
        let out = &mut self.gradient[step * width..][..width];
        for (out, context) in out.iter_mut().zip(self.context_gradient) {
            simd.store(simd.mul(weight, simd.load(context)), out);
        }
        multiply(simd, self.parameters.backward, &self.scratch.units[..score.len()], out, true);
    }
}
