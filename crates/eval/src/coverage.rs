//! Coverage of prediction intervals.

use crate::error::{EvalError, check_lists};

/// Returns the share of days with `lower ≤ actual ≤ upper`, in [0, 1].
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, contain NaN or infinity, or a lower end exceeds its upper end.
pub fn coverage(actual: &[f64], intervals: &[(f64, f64)]) -> Result<f64, EvalError> {
    Ok(days_inside(actual, intervals)? as f64 / actual.len() as f64)
}

/// Returns the number of days with `lower ≤ actual ≤ upper`.
pub(crate) fn days_inside(actual: &[f64], intervals: &[(f64, f64)]) -> Result<usize, EvalError> {
    let (lower, upper): (Vec<f64>, Vec<f64>) = intervals.iter().copied().unzip();
    check_lists(&[("actual", actual), ("lower", &lower), ("upper", &upper)])?;
    if let Some(index) = intervals.iter().position(|(lower, upper)| lower > upper) {
        let (lower, upper) = intervals[index];
        return Err(EvalError::CrossedInterval { index, lower, upper });
    }
    Ok(actual.iter().zip(intervals).filter(|&(y, (lower, upper))| lower <= y && y <= upper).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_ends_as_inside() {
        assert_eq!(coverage(&[1.0, 2.0, 3.0, 4.0], &[(1.0, 2.0), (1.0, 2.0), (1.0, 2.0), (4.5, 5.0)]), Ok(0.5));
    }

    #[test]
    fn refuses_invalid_intervals() {
        assert!(matches!(coverage(&[1.0], &[(2.0, 0.0)]), Err(EvalError::CrossedInterval { index: 0, .. })));
        assert!(matches!(coverage(&[1.0], &[(f64::NEG_INFINITY, 0.0)]), Err(EvalError::NonFinite { .. })));
        assert!(matches!(coverage(&[f64::NAN], &[(0.0, 1.0)]), Err(EvalError::NonFinite { what: "actual", index: 0 })));
        assert!(coverage(&[], &[]).is_err() && coverage(&[1.0], &[]).is_err());
    }
}
