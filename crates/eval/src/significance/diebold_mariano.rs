//! The Diebold–Mariano test of equal forecast accuracy.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{
    error::{EvalError, check_lists, representable},
    summation::{mean, sum},
};

/// Minimum number of days: the smallest sample for which Diebold and Mariano, and later Harvey, Leybourne and Newbold,
/// measured the size of the test.
pub const MIN_DAYS: usize = 8;

/// Loss function of the errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `|e|`.
    Absolute,
    /// `e²`.
    Squared,
}

impl Loss {
    fn of(self, error: f64) -> f64 {
        match self {
            Self::Absolute => error.abs(),
            Self::Squared => error * error,
        }
    }
}

/// Estimator of the long-run variance of the loss differential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongRunVariance {
    /// All autocovariances up to lag `horizon − 1` with weight 1, as in the paper.
    Rectangular,
    /// Weights `1 − k / horizon` (Newey and West 1987), used if the rectangular sum is not positive.
    Bartlett,
}

/// Result of the Diebold–Mariano test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DieboldMariano {
    /// Days tested.
    pub days: usize,
    /// Mean loss of the first forecast minus that of the second: negative if the first is better.
    pub mean_difference: f64,
    /// Corrected statistic; negative if the first forecast is better.
    pub statistic: f64,
    /// Two-sided p-value of equal accuracy.
    pub p_value: f64,
    /// One-sided p-value of "the first forecast is not better": small if the first is better.
    pub p_value_first_better: f64,
    /// Estimator of the variance.
    pub variance: LongRunVariance,
}

/// Tests whether two forecasts of the same days are equally accurate (Diebold and Mariano, "Comparing Predictive
/// Accuracy", Journal of Business & Economic Statistics 13, 1995).
///
/// With `dₜ = L(e₁ₜ) − L(e₂ₜ)` and its autocovariances `γₖ = Σ(dₜ − d̄)(dₜ₋ₖ − d̄) / n`, the statistic is
/// `d̄ / √((γ₀ + 2·Σₖ γₖ) / n)`, `k = 1 … horizon − 1`, times the small-sample factor
/// `√((n + 1 − 2·horizon + horizon·(horizon − 1)/n) / n)`, compared with Student's t with `n − 1` degrees of freedom
/// (Harvey, Leybourne and Newbold, "Testing the equality of prediction mean squared errors", International Journal of
/// Forecasting 13, 1997). Where the variance comes out at zero or below, Bartlett weights are used instead.
///
/// `first_errors` and `second_errors` have one forecast error per day, in order; `horizon` is the number of sessions ahead.
/// Returns `None` if the loss differential is constant up to rounding, as for identical forecasts.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, a loss overflows, the horizon is
/// 0, or there are fewer days than [`MIN_DAYS`] or not more than the horizon.
pub fn diebold_mariano(
    first_errors: &[f64],
    second_errors: &[f64],
    horizon: usize,
    loss: Loss,
) -> Result<Option<DieboldMariano>, EvalError> {
    check_lists(&[("first_errors", first_errors), ("second_errors", second_errors)])?;
    let days = first_errors.len();
    if horizon == 0 {
        return Err(EvalError::ZeroHorizon);
    }
    let need = MIN_DAYS.max(horizon.saturating_add(1));
    if days < need {
        return Err(EvalError::TooFew { what: "the Diebold–Mariano test", have: days, need });
    }
    let Some(differential) = Differential::new(first_errors, second_errors, loss)? else { return Ok(None) };
    let (long_run, variance) = long_run_variance(&differential.deviations, horizon);
    let uncorrected = differential.mean / (long_run / days as f64).sqrt();
    let statistic = representable("the Diebold–Mariano statistic", uncorrected * small_sample_factor(days, horizon))?;
    let degrees = (days - 1) as f64;
    let student = StudentsT::new(0.0, 1.0, degrees)
        .map_err(|_| EvalError::Distribution { distribution: "Student's t", parameter: degrees })?;
    Ok(Some(DieboldMariano {
        days,
        mean_difference: differential.mean * differential.scale,
        statistic,
        p_value: (2.0 * student.cdf(-statistic.abs())).min(1.0),
        p_value_first_better: student.cdf(statistic),
        variance,
    }))
}

/// The loss differential, divided by its largest absolute value so that its square neither over- nor underflows.
struct Differential {
    scale: f64,
    mean: f64,
    deviations: Vec<f64>,
}

impl Differential {
    /// Returns `None` if the differential is constant up to rounding.
    fn new(first_errors: &[f64], second_errors: &[f64], loss: Loss) -> Result<Option<Self>, EvalError> {
        let losses: Vec<(f64, f64)> =
            first_errors.iter().zip(second_errors).map(|(&first, &second)| (loss.of(first), loss.of(second))).collect();
        let largest_loss = losses.iter().fold(0.0_f64, |largest, (first, second)| largest.max(*first).max(*second));
        representable("a loss", largest_loss)?;
        let scale = losses.iter().fold(0.0_f64, |largest, (first, second)| largest.max((first - second).abs()));
        if scale == 0.0 {
            return Ok(None);
        }
        let scaled: Vec<f64> = losses.iter().map(|(first, second)| (first - second) / scale).collect();
        let mean = mean(scaled.iter().copied());
        let deviations: Vec<f64> = scaled.iter().map(|difference| difference - mean).collect();
        let rounding = 4.0 * f64::EPSILON * (largest_loss / scale);
        let constant = deviations.iter().all(|deviation| deviation.abs() <= rounding);
        Ok((!constant).then_some(Self { scale, mean, deviations }))
    }
}

/// Returns the long-run variance of deviations from the mean, and the weights used. Above zero unless all deviations are
/// zero.
fn long_run_variance(deviations: &[f64], horizon: usize) -> (f64, LongRunVariance) {
    let covariances: Vec<f64> = (0..horizon).map(|lag| autocovariance(deviations, lag)).collect();
    let weighted = |weight: &dyn Fn(usize) -> f64| {
        covariances[0] + 2.0 * sum(covariances.iter().enumerate().skip(1).map(|(lag, value)| weight(lag) * value))
    };
    let rectangular = weighted(&|_| 1.0);
    // A sum that cancels to zero has rounding errors of this order.
    if rectangular > f64::EPSILON * horizon as f64 * covariances[0] {
        return (rectangular, LongRunVariance::Rectangular);
    }
    (weighted(&|lag| 1.0 - lag as f64 / horizon as f64), LongRunVariance::Bartlett)
}

fn autocovariance(deviations: &[f64], lag: usize) -> f64 {
    let days = deviations.len();
    sum(deviations[lag..].iter().zip(&deviations[..days - lag]).map(|(now, before)| now * before)) / days as f64
}

/// Returns the factor of Harvey, Leybourne and Newbold; above 0 because there are more days than the horizon.
fn small_sample_factor(days: usize, horizon: usize) -> f64 {
    let (n, h) = (days as f64, horizon as f64);
    ((n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: [f64; 8] = [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0];

    #[test]
    fn one_step_statistic_is_the_t_statistic_of_the_mean() {
        // d = 1,2,3,4 twice: mean 2.5, Σ(d − d̄)² = 10; t = 2.5 / √(10/7/8).
        let result = diebold_mariano(&FIRST, &[0.0; 8], 1, Loss::Absolute).unwrap().unwrap();
        assert!((result.statistic - 2.5 / (10.0_f64 / 56.0).sqrt()).abs() < 1e-12);
        assert!((result.mean_difference - 2.5).abs() < 1e-12);
        assert!(result.p_value < 0.001 && result.p_value_first_better > 0.999);
        assert_eq!(result.variance, LongRunVariance::Rectangular);
    }

    #[test]
    fn two_step_statistic_worked_by_hand() {
        // Deviations from the mean of 2.5; their squares add up to 10, their lag-1 products to lag_one.
        let deviations: [f64; 8] = [-1.5, -0.5, 0.5, 1.5, -1.5, -0.5, 0.5, 1.5];
        let lag_one: f64 = 0.75 - 0.25 + 0.75 - 2.25 + 0.75 - 0.25 + 0.75;
        assert_eq!(lag_one, deviations.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>());
        let long_run = (10.0 + 2.0 * lag_one) / 8.0;
        let expected = 2.5 / (long_run / 8.0_f64).sqrt() * ((8.0 + 1.0 - 4.0 + 2.0 / 8.0) / 8.0_f64).sqrt();
        let result = diebold_mariano(&FIRST, &[0.0; 8], 2, Loss::Absolute).unwrap().unwrap();
        assert!((result.statistic - expected).abs() < 1e-12);
    }

    #[test]
    fn falls_back_to_bartlett_when_the_variance_is_not_positive() {
        // Losses that alternate: γ₁ is close to −γ₀, so γ₀ + 2γ₁ < 0.
        let first = [3.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.5, 3.0, 1.0];
        let result = diebold_mariano(&first, &[1.0; 10], 2, Loss::Absolute).unwrap().unwrap();
        assert_eq!(result.variance, LongRunVariance::Bartlett);
        assert!(result.statistic > 0.0 && (0.0..=1.0).contains(&result.p_value));
    }

    #[test]
    fn constant_loss_differential_gives_none() {
        assert_eq!(diebold_mariano(&FIRST, &FIRST, 1, Loss::Squared), Ok(None));
        let mirrored: Vec<f64> = FIRST.iter().map(|error| -error).collect();
        assert_eq!(diebold_mariano(&FIRST, &mirrored, 1, Loss::Absolute), Ok(None));
        let shifted: Vec<f64> = FIRST.iter().map(|error| error + 0.1).collect();
        assert_eq!(diebold_mariano(&FIRST, &shifted, 1, Loss::Absolute), Ok(None));
    }

    #[test]
    fn refuses_invalid_input() {
        let too_few = diebold_mariano(&[1.0; 7], &[0.0; 7], 1, Loss::Absolute);
        assert!(matches!(too_few, Err(EvalError::TooFew { have: 7, need: 8, .. })));
        let too_far = diebold_mariano(&[1.0; 9], &[0.0; 9], 9, Loss::Absolute);
        assert!(matches!(too_far, Err(EvalError::TooFew { have: 9, need: 10, .. })));
        assert!(diebold_mariano(&[1.0; 9], &[0.0; 9], usize::MAX, Loss::Absolute).is_err());
        assert_eq!(diebold_mariano(&[1.0; 9], &[0.0; 9], 0, Loss::Absolute), Err(EvalError::ZeroHorizon));
        let overflow = diebold_mariano(&[1e200; 9], &[0.0; 9], 1, Loss::Squared);
        assert!(matches!(overflow, Err(EvalError::Overflow { .. })));
    }

    #[test]
    fn statistic_is_finite_when_squares_of_losses_overflow() {
        for scale in [1e-200, 1e200] {
            let first: Vec<f64> = FIRST.iter().map(|error| error * scale).collect();
            let result = diebold_mariano(&first, &[0.0; 8], 1, Loss::Absolute).unwrap().unwrap();
            assert!((result.statistic - 2.5 / (10.0_f64 / 56.0).sqrt()).abs() < 1e-12);
        }
    }
}
