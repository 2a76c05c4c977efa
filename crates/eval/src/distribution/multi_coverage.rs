//! Coverage of central intervals of several probabilities.

use serde::{Deserialize, Serialize};

use super::quantile_function::{check_days, position};
use crate::error::EvalError;

/// Probabilities of the central intervals.
pub const CENTRAL_LEVELS: [f64; 4] = [0.5, 0.8, 0.9, 0.95];

/// Days inside the central interval of each of [`CENTRAL_LEVELS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiCoverage {
    /// Days counted.
    pub days: usize,
    /// Days inside each interval, in the order of [`CENTRAL_LEVELS`]; `None` if the quantiles do not reach its ends.
    pub inside: [Option<usize>; CENTRAL_LEVELS.len()],
}

impl MultiCoverage {
    /// Counts the days of one series: `forecasts[day]` has the quantiles at `levels`, `realised[day]` is the realised value.
    ///
    /// The ends of an interval of probability `p` are the quantiles at `(1 − p)/2` and `(1 + p)/2`, interpolated
    /// linearly between the levels given and counted as inside. Nothing is extrapolated: [`VENTILES`](crate::VENTILES)
    /// give 0.5, 0.8 and 0.9, but not 0.95.
    ///
    /// # Errors
    /// As [`central_misses`].
    pub fn of<Q: AsRef<[f64]>>(levels: &[f64], forecasts: &[Q], realised: &[f64]) -> Result<Self, EvalError> {
        let mut inside = [None; CENTRAL_LEVELS.len()];
        for (inside, level) in inside.iter_mut().zip(CENTRAL_LEVELS) {
            let misses = central_misses(levels, forecasts, realised, level)?;
            *inside = misses.map(|misses| misses.iter().filter(|&&miss| !miss).count());
        }
        Ok(Self { days: realised.len(), inside })
    }

    /// Returns the share of days inside each interval, in [0, 1] and in the order of [`CENTRAL_LEVELS`]; `None` if the quantiles
    /// do not reach its ends, or no day is counted.
    #[must_use]
    pub fn shares(&self) -> [Option<f64>; CENTRAL_LEVELS.len()] {
        let days = self.days;
        self.inside.map(|inside| inside.filter(|_| days > 0).map(|inside| inside as f64 / days as f64))
    }

    /// Adds the days of another series. An interval that is `None` in either is `None` in the sum, because a share refers to all
    /// days.
    pub fn merge(&mut self, other: &Self) {
        self.days = self.days.saturating_add(other.days);
        for (inside, more) in self.inside.iter_mut().zip(other.inside) {
            *inside = inside.zip(more).map(|(inside, more)| inside.saturating_add(more));
        }
    }
}

/// Returns for each day whether the realised value is outside the central interval of probability `central`: the input of
/// [`christoffersen`](crate::christoffersen()). `None` if the levels do not reach the ends of the interval, which are computed
/// as in [`MultiCoverage::of`].
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, the levels do not rise within
/// (0, 1), or quantiles fall; [`EvalError::InvalidLevel`] when `central` is outside (0, 1).
pub fn central_misses<Q: AsRef<[f64]>>(
    levels: &[f64],
    forecasts: &[Q],
    realised: &[f64],
    central: f64,
) -> Result<Option<Vec<bool>>, EvalError> {
    if !(central > 0.0 && central < 1.0) {
        return Err(EvalError::InvalidLevel { index: 0, level: central });
    }
    check_days(levels, forecasts, realised)?;
    let ends = position(levels, (1.0 - central) / 2.0).zip(position(levels, f64::midpoint(1.0, central)));
    let Some((lower, upper)) = ends else { return Ok(None) };
    let miss = |(quantiles, &value): (&Q, &f64)| {
        value < lower.quantile(quantiles.as_ref()) || value > upper.quantile(quantiles.as_ref())
    };
    Ok(Some(forecasts.iter().zip(realised).map(miss).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VENTILES;

    #[test]
    fn counts_each_interval_with_its_ends() {
        // Quantiles equal to their levels: the interval of 50 % is [0.25, 0.75].
        let realised = [0.5, 0.25, 0.76, 0.1, 0.92, 0.04, 0.96, 0.99];
        let ventiles = MultiCoverage::of(&VENTILES, &[VENTILES; 8], &realised).unwrap();
        assert_eq!(ventiles.inside, [Some(2), Some(4), Some(5), None]);
        assert_eq!(ventiles.shares(), [Some(0.25), Some(0.5), Some(0.625), None]);
        let wide = [&[0.025][..], &VENTILES, &[0.975]].concat();
        assert_eq!(MultiCoverage::of(&wide, &[&wide; 8], &realised).unwrap().shares()[3], Some(0.875));
    }

    #[test]
    fn interpolates_between_levels_and_never_beyond() {
        let coverage = MultiCoverage::of(&[0.05, 0.95], &[[0.0, 9.0]; 2], &[1.9, 2.1]).unwrap();
        assert_eq!(coverage.inside, [Some(1), Some(2), Some(2), None]);
        let narrow = MultiCoverage::of(&[0.3, 0.7], &[[0.0, 9.0]; 2], &[1.9, 2.1]).unwrap();
        assert_eq!(narrow.inside, [None; 4]);
    }

    #[test]
    fn sums_what_both_reach() {
        let mut all = MultiCoverage { days: 10, inside: [Some(5), Some(8), Some(9), Some(10)] };
        all.merge(&MultiCoverage { days: 2, inside: [Some(0), Some(1), Some(2), None] });
        assert_eq!(all, MultiCoverage { days: 12, inside: [Some(5), Some(9), Some(11), None] });
        assert_eq!(MultiCoverage { days: 0, inside: [Some(0); 4] }.shares(), [None; 4]);
    }

    #[test]
    fn refuses_invalid_probabilities() {
        for central in [0.0, 1.0, f64::NAN, -0.5] {
            let error = central_misses(&VENTILES, &[VENTILES], &[0.5], central);
            assert!(matches!(error, Err(EvalError::InvalidLevel { .. })), "{central}");
        }
        assert!(MultiCoverage::of(&VENTILES, &[VENTILES], &[f64::INFINITY]).is_err());
    }
}
