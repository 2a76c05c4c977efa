//! Coefficient of determination against the naive forecast.

use super::rmse::sum_of_squares;
use crate::error::{EvalError, check_lists, representable};

/// Returns the out-of-sample R² against naive, `1 − Σ(y − ŷ)² / Σ(y − last)²` (Campbell and Thompson, "Predicting
/// Excess Stock Returns Out of Sample", Review of Financial Studies 21, 2008, with the random walk as the benchmark).
/// Positive when better than naive, 0 for naive itself; `None` when naive makes no error.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, or the result overflows.
pub fn r2_naive(actual: &[f64], forecast: &[f64], last_close: &[f64]) -> Result<Option<f64>, EvalError> {
    check_lists(&[("actual", actual), ("forecast", forecast), ("last_close", last_close)])?;
    let naive = sum_of_squares(actual, last_close);
    if naive == 0.0 {
        return Ok(None);
    }
    representable("R² against naive", 1.0 - sum_of_squares(actual, forecast) / naive).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_with_the_last_close() {
        let (actual, last_close) = ([12.0, 14.0], [10.0, 12.0]);
        assert_eq!(r2_naive(&actual, &[11.0, 13.0], &last_close), Ok(Some(0.75)));
        assert_eq!(r2_naive(&actual, &last_close, &last_close), Ok(Some(0.0)));
        assert_eq!(r2_naive(&actual, &[8.0, 10.0], &last_close), Ok(Some(-3.0)));
        assert_eq!(r2_naive(&actual, &[8.0, 10.0], &actual), Ok(None));
    }
}
