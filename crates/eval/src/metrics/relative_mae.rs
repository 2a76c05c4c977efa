//! Mean absolute error relative to naive.

use super::mae;
use crate::error::{EvalError, check_lists, representable};

/// Returns the mean absolute error over that of the naive forecast on the same days, `Σ|y − ŷ| / Σ|y − last|`
/// (Hyndman and Koehler, "Another look at measures of forecast accuracy", International Journal of Forecasting 22,
/// 2006). Below 1 is better than naive, 1 for naive itself; `None` when naive makes no error.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, or the result overflows.
pub fn relative_mae(actual: &[f64], forecast: &[f64], last_close: &[f64]) -> Result<Option<f64>, EvalError> {
    check_lists(&[("actual", actual), ("forecast", forecast), ("last_close", last_close)])?;
    let naive = mae(actual, last_close)?;
    if naive == 0.0 {
        return Ok(None);
    }
    representable("the relative mean absolute error", mae(actual, forecast)? / naive).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_with_the_last_close() {
        let (actual, last_close) = ([12.0, 10.0], [10.0, 12.0]);
        assert_eq!(relative_mae(&actual, &[11.0, 11.0], &last_close), Ok(Some(0.5)));
        assert_eq!(relative_mae(&actual, &[6.0, 12.0], &last_close), Ok(Some(2.0)));
        assert_eq!(relative_mae(&actual, &[6.0, 12.0], &actual), Ok(None));
    }
}
