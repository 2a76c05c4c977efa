//! Student's t scaled to unit variance: quantiles, likelihood, and maximum-likelihood degrees of freedom.

use closecast_domain::ForecastError;
use statrs::{
    distribution::{ContinuousCDF, Normal, StudentsT},
    function::gamma::{digamma, ln_gamma},
};

use crate::{residuals::VENTILES, summation::sum};

/// Minimum degrees of freedom: at 2 the variance is infinite. The bound of the PyPI package arch.
pub(super) const MIN_DEGREES_OF_FREEDOM: f64 = 2.05;

/// Maximum degrees of freedom: with more the distribution is normal to four digits. The bound of the package arch.
pub(super) const MAX_DEGREES_OF_FREEDOM: f64 = 500.0;

/// Levels of the quantiles: the [`VENTILES`], and the ends of the central 95 % interval.
pub(super) const LEVELS: [f64; VENTILES.len() + 2] = {
    let mut levels = [0.025; VENTILES.len() + 2];
    let mut index = 0;
    while index < VENTILES.len() {
        levels[index + 1] = VENTILES[index];
        index += 1;
    }
    levels[VENTILES.len() + 1] = 0.975;
    levels
};

/// The quantiles at [`LEVELS`] of Student's t scaled to unit variance. Inverting the distribution takes longer than a
/// forecast, so fitted models store them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UnitQuantiles([f64; LEVELS.len()]);

impl UnitQuantiles {
    /// Returns the quantiles of `degrees_of_freedom`, which lie within the bounds above.
    pub(super) fn new(degrees_of_freedom: f64) -> Result<Self, ForecastError> {
        let unusable = || ForecastError::NonFinite {
            what: "the distribution of the returns".to_owned(),
            diagnosis: format!(
                "Student's t with {degrees_of_freedom} degrees of freedom is not between {MIN_DEGREES_OF_FREEDOM} and \
                 {MAX_DEGREES_OF_FREEDOM}"
            ),
        };
        // Outside these bounds statrs may not terminate.
        if !(MIN_DEGREES_OF_FREEDOM..=MAX_DEGREES_OF_FREEDOM).contains(&degrees_of_freedom) {
            return Err(unusable());
        }
        let student = StudentsT::new(0.0, 1.0, degrees_of_freedom).map_err(|_| unusable())?;
        let to_unit_variance = ((degrees_of_freedom - 2.0) / degrees_of_freedom).sqrt();
        let quantiles = Self::mirrored(|level| to_unit_variance * student.inverse_cdf(level));
        if quantiles.0.iter().all(|quantile| quantile.is_finite()) { Ok(quantiles) } else { Err(unusable()) }
    }

    /// Returns the quantiles of the normal distribution, the limit of many degrees of freedom.
    pub(super) fn normal() -> Self {
        let normal = Normal::standard();
        Self::mirrored(|level| normal.inverse_cdf(level))
    }

    /// Fills the lower half; the upper one is its mirror, and the median exactly 0.
    fn mirrored(lower: impl Fn(f64) -> f64) -> Self {
        let mut quantiles = [0.0; LEVELS.len()];
        for low in 0..LEVELS.len() / 2 {
            quantiles[low] = lower(LEVELS[low]);
            quantiles[LEVELS.len() - 1 - low] = -quantiles[low];
        }
        Self(quantiles)
    }

    /// Returns level and quantile, by rising level.
    pub(super) fn iter(&self) -> impl Iterator<Item = (f64, f64)> {
        LEVELS.into_iter().zip(self.0)
    }
}

/// Returns the normalising constant of the log density of unit variance, `ln Γ((ν+1)/2) − ln Γ(ν/2) − ½ ln(π(ν−2))`.
/// The kernel is `−½(ν+1)·ln(1 + z²/(ν−2))` (Bollerslev, "A Conditionally Heteroskedastic Time Series Model for
/// Speculative Prices and Rates of Return", Review of Economics and Statistics 69, 1987).
pub(super) fn log_constant(nu: f64) -> f64 {
    ln_gamma((nu + 1.0) / 2.0) - ln_gamma(nu / 2.0) - 0.5 * (std::f64::consts::PI * (nu - 2.0)).ln()
}

/// Returns the derivative of [`log_constant`] by `nu`.
pub(super) fn log_constant_slope(nu: f64) -> f64 {
    0.5 * (digamma((nu + 1.0) / 2.0) - digamma(nu / 2.0) - 1.0 / (nu - 2.0))
}

/// Returns the log-likelihood of independent `residuals` of mean 0 and variance 1.
fn log_likelihood(residuals: &[f64], nu: f64) -> f64 {
    let kernel = sum(residuals.iter().map(|z| (z * z / (nu - 2.0)).ln_1p()));
    residuals.len() as f64 * log_constant(nu) - 0.5 * (nu + 1.0) * kernel
}

/// Returns the maximum-likelihood degrees of freedom, from [`MIN_DEGREES_OF_FREEDOM`] to [`MAX_DEGREES_OF_FREEDOM`], of
/// `residuals` of mean 0 and variance 1; by golden-section search in `1/ν`, where the likelihood is nearly a parabola and the
/// normal limit is at 0.
pub(super) fn most_likely_degrees_of_freedom(residuals: &[f64]) -> f64 {
    /// 0.618⁶⁰ of the range: below the numerical resolution of the likelihood.
    const HALVINGS: usize = 60;
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let value = |inverse: f64| log_likelihood(residuals, 1.0 / inverse);
    let (mut low, mut high) = (1.0 / MAX_DEGREES_OF_FREEDOM, 1.0 / MIN_DEGREES_OF_FREEDOM);
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (value(left), value(right));
    for _ in 0..HALVINGS {
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = value(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = value(right);
        }
    }
    (2.0 / (low + high)).clamp(MIN_DEGREES_OF_FREEDOM, MAX_DEGREES_OF_FREEDOM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_rise_and_quantiles_mirror() {
        assert!(LEVELS.windows(2).all(|pair| pair[0] < pair[1]));
        let quantiles: Vec<(f64, f64)> = UnitQuantiles::new(6.0).unwrap().iter().collect();
        assert!(quantiles.windows(2).all(|pair| pair[0].1 < pair[1].1));
        assert_eq!(quantiles[10], (0.5, 0.0));
        assert_eq!(quantiles[0].1, -quantiles[20].1);
    }

    #[test]
    fn quantiles_are_those_of_scipy() {
        let text = include_str!("../../fixtures/volatility.json");
        let fixture: serde_json::Value = serde_json::from_str(text).unwrap();
        for case in fixture["student"].as_array().unwrap() {
            let ours = UnitQuantiles::new(case["nu"].as_f64().unwrap()).unwrap();
            for (index, (level, quantile)) in ours.iter().enumerate() {
                assert!((level - fixture["levels"][index].as_f64().unwrap()).abs() < 1e-12);
                let theirs = case["quantiles"][index].as_f64().unwrap();
                // statrs' distribution function is good to twelve digits, the median 0 but for SciPy's rounding.
                assert!((quantile - theirs).abs() < 1e-10 * theirs.abs().max(0.01), "{case}: {quantile}");
            }
        }
    }

    #[test]
    fn refuses_degrees_of_freedom_out_of_bounds() {
        for nu in [f64::NAN, -1.0, 0.0, 2.0, 501.0, f64::INFINITY] {
            assert!(matches!(UnitQuantiles::new(nu), Err(ForecastError::NonFinite { .. })), "{nu}");
        }
    }

    #[test]
    fn slope_of_the_constant_is_its_finite_difference() {
        for nu in [2.1, 4.0, 30.0, 400.0] {
            let step = 1e-5 * nu;
            let difference = (log_constant(nu + step) - log_constant(nu - step)) / (2.0 * step);
            // Central difference: the constant's rounding, 1e-13 at most, over the step.
            assert!((log_constant_slope(nu) - difference).abs() < 1e-6 * difference.abs().max(0.1), "{nu}");
        }
    }
}
