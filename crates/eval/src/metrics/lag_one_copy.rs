//! Similarity of a forecast to yesterday's close.

use super::mae;
use crate::error::{EvalError, check_lists, representable};

/// Returns how close the forecast series is to the actual series shifted by one day, in [0, 1]:
/// `MAE(ŷ, y) / (MAE(ŷ, y) + MAE(ŷ, last))`.
///
/// 1 means that the forecast *is* yesterday's close, 0 that it is the realised close, 0.5 that both are equally distant. Charts
/// of forecasts near 1 look good although the forecasts have no value. The formula is specific to this project: a ratio of two
/// distances, without a unit. `None` if both distances are zero.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, or a distance overflows.
pub fn lag_one_copy(actual: &[f64], forecast: &[f64], last_close: &[f64]) -> Result<Option<f64>, EvalError> {
    check_lists(&[("actual", actual), ("forecast", forecast), ("last_close", last_close)])?;
    let (to_actual, to_last_close) = (mae(actual, forecast)?, mae(last_close, forecast)?);
    let both = representable("the sum of two mean absolute errors", to_actual + to_last_close)?;
    Ok((both > 0.0).then(|| to_actual / both))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_from_the_actual_to_the_last_close() {
        let (actual, last_close) = ([12.0, 11.0, 15.0], [10.0, 12.0, 11.0]);
        assert_eq!(lag_one_copy(&actual, &last_close, &last_close), Ok(Some(1.0)));
        assert_eq!(lag_one_copy(&actual, &actual, &last_close), Ok(Some(0.0)));
        assert_eq!(lag_one_copy(&actual, &[11.0, 11.5, 13.0], &last_close), Ok(Some(0.5)));
        assert_eq!(lag_one_copy(&actual, &[10.5, 11.75, 12.0], &last_close), Ok(Some(0.75)));
        assert_eq!(lag_one_copy(&actual, &actual, &actual), Ok(None));
    }
}
