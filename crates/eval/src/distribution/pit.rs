//! Probability integral transform (PIT).

use super::quantile_function::{check_quantiles, check_realised};
use crate::error::{EvalError, representable};

/// Returns the probability integral transform `F(realised)`, in (0, 1): uniform over the days when the distributions
/// are calibrated (Diebold, Gunther and Tay, "Evaluating Density Forecasts", International Economic Review 39, 1998).
///
/// `F` is interpolated linearly between the quantiles. If several quantiles equal the realised value, `F` jumps there, and
/// the middle of the jump is returned. Beyond the outermost quantiles only the probability of the tail is known: the result is
/// its middle, half the lowest level below and `(1 + highest level) / 2` above, so that the mean over the days is right.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, the levels do not rise within
/// (0, 1), the quantiles fall, or the distance between two of them overflows.
pub fn pit_of_quantiles(levels: &[f64], quantiles: &[f64], realised: f64) -> Result<f64, EvalError> {
    check_quantiles(levels, quantiles)?;
    check_realised(realised)?;
    let below = quantiles.partition_point(|&quantile| quantile < realised);
    let not_above = quantiles.partition_point(|&quantile| quantile <= realised);
    if below < not_above {
        return Ok(levels[below].midpoint(levels[not_above - 1]));
    }
    if below == 0 {
        return Ok(levels[0] / 2.0);
    }
    if below == levels.len() {
        return Ok(levels[below - 1].midpoint(1.0));
    }
    let width = representable("the distance between two quantiles", quantiles[below] - quantiles[below - 1])?;
    let share = (realised - quantiles[below - 1]) / width;
    let (lower, upper) = (levels[below - 1], levels[below]);
    Ok((lower + (upper - lower) * share).min(upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [f64; 3] = [0.25, 0.5, 0.875];

    #[test]
    fn is_linear_between_quantiles_and_half_of_the_tail_beyond() {
        let pit = |realised| pit_of_quantiles(&LEVELS, &[-1.0, 1.0, 4.0], realised).unwrap();
        assert_eq!([pit(-1.0), pit(0.0), pit(1.0), pit(3.0), pit(4.0)], [0.25, 0.375, 0.5, 0.75, 0.875]);
        assert_eq!([pit(-1.1), pit(-1e300), pit(4.1), pit(1e300)], [0.125, 0.125, 0.9375, 0.9375]);
    }

    #[test]
    fn takes_the_middle_of_a_jump() {
        assert_eq!(pit_of_quantiles(&LEVELS, &[1.0, 1.0, 4.0], 1.0), Ok(0.375));
        assert_eq!(pit_of_quantiles(&LEVELS, &[1.0; 3], 1.0), Ok(0.5625));
        assert_eq!(pit_of_quantiles(&LEVELS, &[1.0; 3], 0.9), Ok(0.125));
    }

    #[test]
    fn refuses_invalid_input() {
        assert!(matches!(pit_of_quantiles(&LEVELS, &[0.0; 3], f64::NAN), Err(EvalError::NonFinite { .. })));
        let wide = pit_of_quantiles(&[0.25, 0.75], &[f64::MIN, f64::MAX], 0.0);
        assert!(matches!(wide, Err(EvalError::Overflow { .. })));
        assert!(pit_of_quantiles(&LEVELS, &[0.0, 2.0, 1.0], 0.0).is_err());
    }
}
