//! Mean absolute error.

use crate::{
    error::{EvalError, check_lists, representable},
    summation::mean,
};

/// Returns the mean absolute error, `Σ|y − ŷ| / n`, in the price's currency.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, or the result overflows.
pub fn mae(actual: &[f64], forecast: &[f64]) -> Result<f64, EvalError> {
    check_lists(&[("actual", actual), ("forecast", forecast)])?;
    representable("the mean absolute error", mean(actual.iter().zip(forecast).map(|(y, f)| (y - f).abs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_mean_of_the_absolute_errors() {
        assert_eq!(mae(&[1.0, 2.0, 3.0], &[2.0, 2.0, 1.0]), Ok(1.0));
    }

    #[test]
    fn says_when_the_result_overflows() {
        assert!(matches!(mae(&[f64::MAX], &[-f64::MAX]), Err(EvalError::Overflow { .. })));
    }
}
