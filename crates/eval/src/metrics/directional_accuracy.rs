//! Directional accuracy: the share of days with the right direction.

use closecast_domain::DirectionalAccuracy;

use crate::{
    error::{EvalError, check_lists},
    significance::wilson::{Z_95, wilson_interval},
};

/// Returns the share of days with `sign(ŷ − last) = sign(y − last)` and its 95 % Wilson score interval.
///
/// Days with an unchanged close or a forecast of no change are not counted. `None` if no day counts, as for naive, which never
/// forecasts a move.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, or hold NaN or infinity.
pub fn directional_accuracy(
    actual: &[f64],
    forecast: &[f64],
    last_close: &[f64],
) -> Result<Option<DirectionalAccuracy>, EvalError> {
    check_lists(&[("actual", actual), ("forecast", forecast), ("last_close", last_close)])?;
    let (mut right, mut days) = (0, 0);
    for ((y, f), last) in actual.iter().zip(forecast).zip(last_close) {
        if y == last || f == last {
            continue;
        }
        days += 1;
        right += usize::from((y > last) == (f > last));
    }
    if days == 0 {
        return Ok(None);
    }
    let (lower, upper) = wilson_interval(right, days, Z_95)?;
    Ok(Some(DirectionalAccuracy { value: right as f64 / days as f64, lower, upper, days }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_rises_and_falls_alike() {
        let accuracy = directional_accuracy(&[11.0, 9.0, 11.0, 9.0], &[12.0, 8.0, 9.5, 10.5], &[10.0; 4]);
        let accuracy = accuracy.unwrap().unwrap();
        assert_eq!((accuracy.value, accuracy.days), (0.5, 4));
        assert!(accuracy.lower < 0.5 && 0.5 < accuracy.upper);
    }

    #[test]
    fn leaves_out_days_without_a_move_or_without_a_forecast_of_one() {
        let accuracy = directional_accuracy(&[10.0, 11.0, 11.0], &[11.0, 10.0, 11.0], &[10.0; 3]).unwrap().unwrap();
        assert_eq!((accuracy.value, accuracy.days), (1.0, 1));
        assert_eq!(directional_accuracy(&[11.0, 9.0], &[10.0, 10.0], &[10.0; 2]), Ok(None));
    }
}
