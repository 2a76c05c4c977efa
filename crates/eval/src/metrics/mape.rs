//! Mean absolute percentage error.

use crate::{
    error::{EvalError, check_lists, representable},
    summation::sum,
};

/// A mean absolute percentage error and the number of skipped days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mape {
    /// The error in percent; `None` when every actual is zero.
    pub percent: Option<f64>,
    /// Days skipped because the actual is zero.
    pub days_skipped: usize,
}

/// Returns the mean absolute percentage error, `100 · Σ|(y − ŷ) / y| / n` over the days with `y ≠ 0`.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, or the result overflows.
pub fn mape(actual: &[f64], forecast: &[f64]) -> Result<Mape, EvalError> {
    check_lists(&[("actual", actual), ("forecast", forecast)])?;
    let days = actual.iter().filter(|&&y| y != 0.0).count();
    let days_skipped = actual.len() - days;
    if days == 0 {
        return Ok(Mape { percent: None, days_skipped });
    }
    let shares = actual.iter().zip(forecast).filter(|&(&y, _)| y != 0.0).map(|(y, f)| ((y - f) / y).abs());
    let percent = representable("the mean absolute percentage error", 100.0 * sum(shares) / days as f64)?;
    Ok(Mape { percent: Some(percent), days_skipped })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_in_percent_of_the_actual() {
        assert_eq!(mape(&[100.0, -50.0], &[125.0, -25.0]), Ok(Mape { percent: Some(37.5), days_skipped: 0 }));
    }

    #[test]
    fn skips_and_counts_actuals_of_zero() {
        assert_eq!(mape(&[0.0, 4.0], &[1.0, 5.0]), Ok(Mape { percent: Some(25.0), days_skipped: 1 }));
        assert_eq!(mape(&[0.0, 0.0], &[1.0, 5.0]), Ok(Mape { percent: None, days_skipped: 2 }));
    }

    #[test]
    fn refuses_a_forecast_of_nan_even_on_a_skipped_day() {
        let error = EvalError::NonFinite { what: "forecast", index: 0 };
        assert_eq!(mape(&[0.0, 4.0], &[f64::NAN, 5.0]), Err(error));
    }
}
