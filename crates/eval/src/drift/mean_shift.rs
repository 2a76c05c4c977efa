//! Test for a shift of the mean since the training.

use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc;

use super::effective_days::effective_days;
use crate::{
    error::{EvalError, check_lists, representable},
    summation::mean,
};

/// Statistics of a feature in the training part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingReference {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, above zero.
    pub standard_deviation: f64,
}

/// Shift of the newest days of a feature from its training part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanShift {
    /// Mean of the newest days.
    pub mean: f64,
    /// Mean of the newest days minus that of the training part, in standard deviations of the training part.
    pub shift: f64,
    /// Effective sample size of the newest days.
    pub effective_days: f64,
    /// The shift over its standard error, `1/√(effective days)`: standard normal without a shift.
    pub z: f64,
    /// Two-sided p-value of z.
    pub p_value: f64,
}

/// Compares the last `days` of `values` with the training part: `z = (x̄ − μ) / (σ / √n_eff)`, the z-test of a mean whose standard
/// error allows for autocorrelation ([`effective_days`], estimated from all of `values`).
///
/// # Errors
/// [`EvalError`] when there are fewer values than days or none, one is not finite, or the standard deviation is not positive.
pub fn mean_shift(values: &[f64], days: usize, reference: TrainingReference) -> Result<MeanShift, EvalError> {
    check_lists(&[("values", values)])?;
    let TrainingReference { mean: centre, standard_deviation } = reference;
    check_lists(&[("the training reference", &[centre, standard_deviation])])?;
    if standard_deviation <= 0.0 {
        return Err(EvalError::NotPositive { what: "the standard deviation", index: 0, value: standard_deviation });
    }
    if days == 0 || values.len() < days {
        return Err(EvalError::TooFew { what: "a comparison of recent days", have: values.len(), need: days.max(1) });
    }
    let newest = &values[values.len() - days..];
    let recent = representable("the mean of the newest days", mean(newest.iter().copied()))?;
    let shift = representable("the shift of a mean", (recent - centre) / standard_deviation)?;
    let effective_days = effective_days(values, days)?;
    let z = representable("a z-score", shift * effective_days.sqrt())?;
    Ok(MeanShift { mean: recent, shift, effective_days, z, p_value: erfc(z.abs() / std::f64::consts::SQRT_2) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_invalid_input() {
        let unit = TrainingReference { mean: 0.0, standard_deviation: 1.0 };
        assert!(mean_shift(&[1.0, 2.0], 3, unit).is_err());
        assert!(mean_shift(&[1.0, 2.0], 0, unit).is_err());
        let flat = TrainingReference { standard_deviation: 0.0, ..unit };
        assert!(matches!(mean_shift(&[1.0, 2.0], 2, flat), Err(EvalError::NotPositive { .. })));
        assert!(mean_shift(&[1.0, 2.0], 2, TrainingReference { mean: f64::NAN, ..unit }).is_err());
    }
}
