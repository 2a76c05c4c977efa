//! Root mean squared error.

use crate::{
    error::{EvalError, check_lists, representable},
    summation::{mean, sum},
};

/// Returns the root of the mean squared error, `√(Σ(y − ŷ)² / n)`, in the price's currency.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, or the result overflows.
pub fn rmse(actual: &[f64], forecast: &[f64]) -> Result<f64, EvalError> {
    check_lists(&[("actual", actual), ("forecast", forecast)])?;
    representable("the root mean squared error", mean(squared_errors(actual, forecast)).sqrt())
}

/// Returns the sum of squared errors, `Σ(y − ŷ)²`; not finite when it overflows.
pub(super) fn sum_of_squares(actual: &[f64], forecast: &[f64]) -> f64 {
    sum(squared_errors(actual, forecast))
}

fn squared_errors(actual: &[f64], forecast: &[f64]) -> impl ExactSizeIterator<Item = f64> {
    actual.iter().zip(forecast).map(|(y, f)| (y - f).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_root_of_the_mean_square() {
        assert_eq!(rmse(&[0.0, 0.0], &[1.0, 7.0]), Ok(5.0));
    }
}
