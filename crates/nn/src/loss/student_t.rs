//! The Student-t distribution as three outputs of a network.

use statrs::function::gamma::{digamma, ln_gamma};

/// Minimum scale, in units of the target: keeps the likelihood of an exact hit finite.
const MIN_SCALE: f64 = 1e-4;
/// Minimum degrees of freedom: up to two, the variance is infinite.
const MIN_FREEDOM: f64 = 2.0 + 1e-3;

/// A Student-t distribution with a location and a scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudentT {
    /// Location, in the unit of the target.
    pub location: f64,
    /// Scale in the same unit; the standard deviation is `scale·√(ν / (ν − 2))`.
    pub scale: f64,
    /// Degrees of freedom ν, above 2.
    pub degrees_of_freedom: f64,
}

impl StudentT {
    /// Returns the distribution of three network outputs: location `a`, scale `softplus(b) + 1e-4`, degrees of
    /// freedom `softplus(c) + 2.001`. Infinite or NaN outputs give infinite or NaN parameters.
    pub fn from_outputs(outputs: [f32; 3]) -> Self {
        let [location, scale, freedom] = outputs.map(f64::from);
        Self { location, scale: softplus(scale) + MIN_SCALE, degrees_of_freedom: softplus(freedom) + MIN_FREEDOM }
    }
}

/// `ln(1 + eˣ)` without overflow.
fn softplus(x: f64) -> f64 {
    // `max` would drop a NaN.
    let positive = if x < 0.0 { 0.0 } else { x };
    positive + (-x.abs()).exp().ln_1p()
}

/// The derivative of `softplus`.
fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `−ln p(y) = ln Γ(ν/2) − ln Γ((ν+1)/2) + ½ ln(νπ) + ln σ + (ν+1)/2 · ln(1 + z²/ν)`, `z = (y − μ)/σ`, and its derivatives
/// by the three outputs.
pub(super) fn value_and_slopes(outputs: [f32; 3], target: f32) -> (f64, [f32; 3]) {
    let StudentT { location, scale, degrees_of_freedom: freedom } = StudentT::from_outputs(outputs);
    let z = (f64::from(target) - location) / scale;
    let (square, half) = (z * z, (freedom + 1.0) / 2.0);
    let logarithm = (square / freedom).ln_1p();
    let value = normalisation(freedom) + scale.ln() + half * logarithm;
    let pull = (freedom + 1.0) / (freedom + square);
    let by_freedom = normalisation_slope(freedom) + 0.5 * (logarithm - pull * square / freedom);
    let slopes = [
        -pull * z / scale,
        (1.0 - pull * square) / scale * logistic(f64::from(outputs[1])),
        by_freedom * logistic(f64::from(outputs[2])),
    ];
    (value, slopes.map(|slope| slope as f32))
}

/// Degrees of freedom from which Stirling's series is used: the difference of two log-gammas would lose its digits.
const STIRLING_FROM: f64 = 1e4;

/// `ln Γ(ν/2) − ln Γ((ν+1)/2) + ½ ln(νπ)`.
fn normalisation(freedom: f64) -> f64 {
    if freedom < STIRLING_FROM {
        return ln_gamma(freedom / 2.0) - ln_gamma((freedom + 1.0) / 2.0) + 0.5 * (freedom * std::f64::consts::PI).ln();
    }
    // ln Γ(x + ½) − ln Γ(x) = ½ ln x − 1/(8x) + 1/(192x³) − …, with x = ν/2.
    0.5 * (2.0 * std::f64::consts::PI).ln() + 1.0 / (4.0 * freedom) - 1.0 / (24.0 * freedom.powi(3))
}

/// Its derivative.
fn normalisation_slope(freedom: f64) -> f64 {
    if freedom < STIRLING_FROM {
        return 0.5 * (digamma(freedom / 2.0) - digamma((freedom + 1.0) / 2.0) + 1.0 / freedom);
    }
    -1.0 / (4.0 * freedom * freedom) + 1.0 / (8.0 * freedom.powi(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.t.logpdf(y, df=softplus(c) + 2.001, loc=a, scale=softplus(b) + 1e-4)`
    #[test]
    fn value_is_that_of_scipy() {
        for (outputs, target, expected) in [
            ([0.0, 0.0, 0.0], 0.3, SCIPY[0]),
            ([0.5, -3.0, 4.0], 1.5, SCIPY[1]),
            ([-2.0, 5.0, -8.0], 40.0, SCIPY[2]),
            ([0.1, 1.0, 90.0], 0.1, SCIPY[3]),
        ] {
            let (value, _) = value_and_slopes(outputs, target);
            assert!((value - expected).abs() < 1e-6 * expected.abs(), "{outputs:?}: {value} {expected}");
        }
    }

    const SCIPY: [f64; 4] = [0.7676188032647815, 12.90240452984478, 8.034793404952074, 1.1942458653625423];

    /// `scipy.stats.norm.logpdf(0.3, scale=softplus(0.5413) + 1e-4)` is −0.9640153…
    #[test]
    fn many_degrees_of_freedom_are_a_normal_distribution() {
        for freedom in [1e8, 1e12, 1e15, 1e18, 3e38] {
            let (value, slopes) = value_and_slopes([0.0, 0.5413, freedom], 0.3);
            assert!((value - 0.964_015).abs() < 1e-5, "{freedom}: {value}");
            assert!(slopes[2].abs() < 1e-8, "{freedom}: {slopes:?}");
        }
        let (below, above) = (STIRLING_FROM * (1.0 - 1e-12), STIRLING_FROM);
        assert!((normalisation(below) - normalisation(above)).abs() < 1e-10);
        assert!((normalisation_slope(below) / normalisation_slope(above) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn extreme_outputs_stay_finite() {
        for extreme in [-200.0, 200.0] {
            let (value, slopes) = value_and_slopes([extreme; 3], 1.0);
            assert!(value.is_finite() && slopes.iter().all(|slope| slope.is_finite()), "{extreme}: {value} {slopes:?}");
        }
    }
}
