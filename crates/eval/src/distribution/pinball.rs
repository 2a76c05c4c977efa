//! Quantile (pinball) loss and continuous ranked probability score (CRPS).

use super::quantile_function::{check_quantiles, check_realised};
use crate::{
    error::{EvalError, representable},
    summation::mean,
};

/// Returns the mean over the levels of the quantile (pinball) loss `max(τ·(y − q), (τ − 1)·(y − q))`, in the unit of
/// `realised`: smaller is better, 0 when every quantile is the realised value (Koenker and Bassett, "Regression
/// Quantiles", Econometrica 46, 1978). In expectation no other quantiles score better than the true ones (Gneiting and
/// Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA 102, 2007, section 6.1).
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, the levels do not rise within
/// (0, 1), the quantiles fall, or the loss overflows.
pub fn pinball(levels: &[f64], quantiles: &[f64], realised: f64) -> Result<f64, EvalError> {
    check_quantiles(levels, quantiles)?;
    check_realised(realised)?;
    let losses = levels.iter().zip(quantiles).map(|(&level, &quantile)| {
        let error = realised - quantile;
        if error >= 0.0 { level * error } else { (level - 1.0) * error }
    });
    representable("the quantile loss", mean(losses))
}

/// Returns twice the mean quantile loss, in the unit of `realised`: an approximation of the continuous ranked
/// probability score `∫ (F(x) − 1{x ≥ y})² dx` (Gneiting and Raftery 2007, section 4.2), which is twice the integral
/// of the quantile loss over all levels (Laio and Tamea, "Verification tools for probabilistic forecasts of continuous
/// hydrological variables", Hydrology and Earth System Sciences 11, 2007).
///
/// The levels have equal weight, so they must be evenly spaced and symmetric about ½, as [`VENTILES`](crate::VENTILES) are.
/// The tails beyond the outermost levels are left out: scores over different levels are not comparable. For a single-point
/// distribution the score is the absolute error.
///
/// # Errors
/// As [`pinball`].
pub fn crps_of_quantiles(levels: &[f64], quantiles: &[f64], realised: f64) -> Result<f64, EvalError> {
    representable("the continuous ranked probability score", 2.0 * pinball(levels, quantiles, realised)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VENTILES;

    #[test]
    fn costs_the_level_above_and_its_complement_below() {
        assert_eq!(pinball(&[0.25], &[10.0], 14.0), Ok(1.0));
        assert_eq!(pinball(&[0.25], &[10.0], 6.0), Ok(3.0));
        assert_eq!(pinball(&[0.25, 0.75], &[8.0, 12.0], 10.0), Ok(0.5));
        assert_eq!(crps_of_quantiles(&[0.25, 0.75], &[8.0, 12.0], 10.0), Ok(1.0));
    }

    #[test]
    fn of_a_point_is_the_absolute_error() {
        for realised in [-3.0, 1.0, 1.5, 40.0] {
            let score = crps_of_quantiles(&VENTILES, &[1.0; 19], realised).unwrap();
            assert!((score - (realised - 1.0_f64).abs()).abs() < 1e-14);
        }
    }

    #[test]
    fn refuses_nan_and_infinity() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = EvalError::NonFinite { what: "realised", index: 0 };
            assert_eq!(crps_of_quantiles(&VENTILES, &[0.0; 19], bad), Err(error));
        }
        let far = pinball(&[0.5], &[f64::MIN], f64::MAX);
        assert!(matches!(far, Err(EvalError::Overflow { .. })));
        assert!(pinball(&[0.25, 0.75], &[12.0, 8.0], 10.0).is_err(), "quantiles that fall");
    }
}
