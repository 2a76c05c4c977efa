//! Adam and AdamW, as PyTorch computes them.

use serde::{Deserialize, Serialize};

use crate::error::NnError;
use crate::kernels::{Isa, Kernel, Simd};
use crate::spec::within;

/// Kind of optimiser; they differ in the weight decay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimiserKind {
    /// Kingma & Ba 2015; weight decay is an L2 penalty, added to the gradient.
    #[default]
    Adam,
    /// Loshchilov & Hutter 2019; weight decay shrinks the weights independently of the gradient.
    AdamW,
}

/// Settings of the optimiser, except the learning rate, which is given at every step.
///
/// | field | range | default |
/// |---|---|---|
/// | `beta1` | 0.0 ..= 0.9999 | 0.9 |
/// | `beta2` | 0.0 ..= 0.999999 | 0.999 |
/// | `epsilon` | 1e-12 ..= 1 | 1e-8 |
/// | `weight_decay` | 0.0 ..= 10 | 0 |
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimiserSpec {
    /// Adam or AdamW.
    pub kind: OptimiserKind,
    /// Decay of the mean of the gradient.
    pub beta1: f64,
    /// Decay of the mean of its square.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// The strength of weight decay.
    pub weight_decay: f64,
}

impl Default for OptimiserSpec {
    fn default() -> Self {
        Self { kind: OptimiserKind::Adam, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl OptimiserSpec {
    /// Checks the ranges of the table above.
    pub(crate) fn check(&self) -> Result<(), NnError> {
        within("beta1", self.beta1, 0.0, 0.9999)?;
        within("beta2", self.beta2, 0.0, 0.999_999)?;
        within("epsilon", self.epsilon, 1e-12, 1.0)?;
        within("weight_decay", self.weight_decay, 0.0, 10.0)
    }
}

/// State of the optimiser.
#[derive(Debug)]
pub(crate) struct Optimiser {
    spec: OptimiserSpec,
    /// The decaying mean of the gradient.
    first: Vec<f32>,
    /// The decaying mean of its square.
    second: Vec<f32>,
    steps: i32,
}

impl Optimiser {
    /// Returns the initial state.
    pub(crate) fn new(spec: OptimiserSpec, parameters: usize) -> Self {
        Self { spec, first: vec![0.0; parameters], second: vec![0.0; parameters], steps: 0 }
    }

    /// Updates the parameters with `scale · gradient`.
    ///
    /// `m = β₁m + (1 − β₁)g`, `v = β₂v + (1 − β₂)g²`, `θ −= η/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)`
    pub(crate) fn update(
        &mut self,
        isa: Isa,
        parameters: &mut [f32],
        gradient: &[f32],
        scale: f32,
        learning_rate: f64,
    ) {
        let OptimiserSpec { kind, beta1, beta2, epsilon, weight_decay } = self.spec;
        self.steps = self.steps.saturating_add(1);
        let step_size = (learning_rate / (1.0 - beta1.powi(self.steps))) as f32;
        let root_correction = (1.0 - beta2.powi(self.steps)).sqrt() as f32;
        let (penalty, shrink) = match kind {
            OptimiserKind::Adam => (weight_decay as f32, 1.0),
            OptimiserKind::AdamW => (0.0, (1.0 - learning_rate * weight_decay) as f32),
        };
        isa.run(Update {
            parameters,
            gradient,
            first: &mut self.first,
            second: &mut self.second,
            scale,
            penalty,
            shrink,
            step_size,
            root_correction,
            new_first: (1.0 - beta1) as f32,
            old_second: beta2 as f32,
            new_second: (1.0 - beta2) as f32,
            epsilon: epsilon as f32,
        });
    }
}

/// Update of all parameters: plain loops, compiled for every instruction set. Without fused multiply-add, results are
/// bit-identical on all of them.
struct Update<'a> {
    parameters: &'a mut [f32],
    gradient: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    scale: f32,
    penalty: f32,
    shrink: f32,
    step_size: f32,
    root_correction: f32,
    new_first: f32,
    old_second: f32,
    new_second: f32,
    epsilon: f32,
}

impl Kernel for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let moments = self.first.iter_mut().zip(self.second);
        for ((parameter, &gradient), (first, second)) in self.parameters.iter_mut().zip(self.gradient).zip(moments) {
            let gradient = gradient * self.scale + self.penalty * *parameter;
            *first += self.new_first * (gradient - *first);
            *second = self.old_second * *second + self.new_second * gradient * gradient;
            let denominator = second.sqrt() / self.root_correction + self.epsilon;
            *parameter = *parameter * self.shrink - self.step_size * *first / denominator;
        }
    }
}

/// Returns the Euclidean norm, summed in double precision in a fixed order.
pub(crate) fn norm(values: &[f32]) -> f64 {
    let mut sums = [0f64; 16];
    let (chunks, rest) = values.as_chunks::<16>();
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(value) * f64::from(value);
        }
    }
    let rest: f64 = rest.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    (sums.iter().sum::<f64>() + rest).sqrt()
}

/// Returns the factor that clips a gradient of this norm to `max_norm`, as `torch.nn.utils.clip_grad_norm_` does:
/// `min(1, max_norm / (norm + 1e-6))` (Pascanu, Mikolov & Bengio 2013).
pub(crate) fn clip_factor(norm: f64, max_norm: Option<f64>) -> f32 {
    max_norm.map_or(1.0, |max_norm| (max_norm / (norm + 1e-6)).min(1.0) as f32)
}

/// Returns a non-finite value, if any.
pub(crate) fn non_finite(values: &[f32]) -> Option<f32> {
    // The maximum magnitude as an integer needs no branches; infinity and NaN order after all finite numbers.
    let largest = values.iter().fold(0, |largest, value| largest.max(value.to_bits() & 0x7fff_ffff));
    (largest >= 0x7f80_0000).then(|| f32::from_bits(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norm_and_clipping() {
        let mut values = vec![0.0f32; 37];
        (values[3], values[36]) = (3.0, -4.0);
        assert_eq!(norm(&values), 5.0);
        assert_eq!(clip_factor(5.0, None), 1.0);
        assert_eq!(clip_factor(5.0, Some(10.0)), 1.0);
        assert!((clip_factor(5.0, Some(1.0)) - 0.2).abs() < 1e-6);
    }

    #[test]
    fn finds_infinity_and_nan() {
        assert_eq!(non_finite(&[1.0, f32::MAX, -f32::MIN_POSITIVE]), None);
        assert_eq!(non_finite(&[1.0, f32::NEG_INFINITY]), Some(f32::INFINITY));
        assert!(non_finite(&[f32::NAN, 2.0]).unwrap().is_nan());
    }

    /// By hand: the first step of Adam moves every parameter by the learning rate, independent of the gradient's size.
    #[test]
    fn first_step_has_the_size_of_the_learning_rate() {
        let mut optimiser = Optimiser::new(OptimiserSpec::default(), 2);
        let mut parameters = [1.0, 1.0];
        optimiser.update(Isa::best(), &mut parameters, &[1e-3, -7.0], 1.0, 0.01);
        assert!((parameters[0] - 0.99).abs() < 1e-6 && (parameters[1] - 1.01).abs() < 1e-6, "{parameters:?}");
    }
}
