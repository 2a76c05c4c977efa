//! Bias of errors.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{
    drift::effective_days::autocovariance,
    error::{EvalError, check_lists, representable},
    summation::mean,
};

/// Minimum number of days for an interval.
pub const MIN_BIAS_DAYS: usize = 8;

/// The mean of signed errors, with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bias {
    /// Number of errors.
    pub days: usize,
    /// Mean error.
    pub mean: f64,
    /// Standard error of the mean, corrected for autocorrelation.
    pub standard_error: f64,
    /// Lower end of the interval.
    pub lower: f64,
    /// Upper end of the interval.
    pub upper: f64,
    /// Two-sided p-value of no bias.
    pub p_value: f64,
}

impl Bias {
    /// Returns the bias of `errors`, one per day in order. The variance of the mean is that of Newey and West ("A Simple, Positive
    /// Semi-definite, Heteroskedasticity and Autocorrelation Consistent Covariance Matrix", Econometrica 55, 1987):
    /// `(γ₀ + 2·Σₖ (1 − k/(L+1))·γₖ) / n`, `k = 1 … L`, with `L = ⌊4·(n/100)^(2/9)⌋` (Newey and West, Review of Economic Studies
    /// 61, 1994), times `n / (n − 1)`, compared with Student's t with `n − 1` degrees of freedom.
    ///
    /// # Errors
    /// [`EvalError`] below [`MIN_BIAS_DAYS`], or when an error is not finite or its square overflows.
    pub fn of(errors: &[f64]) -> Result<Self, EvalError> {
        check_lists(&[("errors", errors)])?;
        let days = errors.len();
        if days < MIN_BIAS_DAYS {
            return Err(EvalError::TooFew { what: "the bias of forecasts", have: days, need: MIN_BIAS_DAYS });
        }
        let n = days as f64;
        let centre = representable("the mean error", mean(errors.iter().copied()))?;
        let deviations: Vec<f64> = errors.iter().map(|error| error - centre).collect();
        let lags = (4.0 * (n / 100.0).powf(2.0 / 9.0)).floor() as usize;
        let weighted = |lag: usize| {
            let weight = 1.0 - lag as f64 / (lags + 1) as f64;
            2.0 * weight * autocovariance(&deviations, lag)
        };
        let long_run = autocovariance(&deviations, 0) + (1..=lags).map(weighted).sum::<f64>();
        // Rounding may make the sum, which is never negative in theory, slightly negative.
        let variance = representable("the variance of errors", long_run.max(0.0) / (n - 1.0))?;
        let standard_error = variance.sqrt();
        let degrees = n - 1.0;
        let student = StudentsT::new(0.0, 1.0, degrees)
            .map_err(|_| EvalError::Distribution { distribution: "Student's t", parameter: degrees })?;
        let half_width = standard_error * student.inverse_cdf(0.975);
        let p_value = match (centre == 0.0, standard_error > 0.0) {
            (true, _) => 1.0,
            (false, false) => 0.0,
            (false, true) => (2.0 * student.cdf(-(centre / standard_error).abs())).min(1.0),
        };
        Ok(Self { days, mean: centre, standard_error, lower: centre - half_width, upper: centre + half_width, p_value })
    }

    /// Returns whether the interval contains 0.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.lower <= 0.0 && 0.0 <= self.upper
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_errors_have_a_p_value_of_zero() {
        let bias = Bias::of(&[0.5; 12]).unwrap();
        assert_eq!((bias.mean, bias.standard_error, bias.p_value, bias.is_none()), (0.5, 0.0, 0.0, false));
        assert!(Bias::of(&[0.0; 12]).unwrap().is_none());
    }

    #[test]
    fn refuses_too_few_errors() {
        assert!(matches!(Bias::of(&[0.1; 7]), Err(EvalError::TooFew { .. })));
        assert!(Bias::of(&[f64::NAN; 20]).is_err() && Bias::of(&[]).is_err());
    }
}
