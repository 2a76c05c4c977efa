//! Coefficient of determination against the mean.

use super::rmse::sum_of_squares;
use crate::{
    error::{EvalError, check_lists, representable},
    summation::{mean, sum},
};

/// Returns the coefficient of determination, `1 − Σ(y − ŷ)² / Σ(y − ȳ)²`; `None` if the actuals are constant.
///
/// It is not informative for prices: repeating yesterday's close reaches about 0.98. See [`r2_naive`](super::r2_naive()).
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, or the result overflows.
pub fn r2(actual: &[f64], forecast: &[f64]) -> Result<Option<f64>, EvalError> {
    check_lists(&[("actual", actual), ("forecast", forecast)])?;
    let centre = mean(actual.iter().copied());
    let total = sum(actual.iter().map(|y| (y - centre).powi(2)));
    // The mean of equal values may differ from them by a rounding error, so equality is tested directly.
    if total == 0.0 || actual.iter().all(|&y| y == actual[0]) {
        return Ok(None);
    }
    representable("R²", 1.0 - sum_of_squares(actual, forecast) / total).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_for_a_perfect_forecast_and_zero_for_the_mean() {
        let actual = [1.0, 2.0, 6.0];
        assert_eq!(r2(&actual, &actual), Ok(Some(1.0)));
        assert_eq!(r2(&actual, &[3.0; 3]), Ok(Some(0.0)));
    }

    #[test]
    fn is_undefined_when_the_actuals_do_not_vary() {
        assert_eq!(r2(&[0.1; 3], &[0.1, 0.2, 0.3]), Ok(None));
    }
}
