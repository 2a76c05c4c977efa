//! PIT histogram over the ventiles of the forecast distributions.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::quantile_function::{LevelPosition, check_days, position};
use crate::{
    error::{EvalError, representable},
    residuals::VENTILES,
    summation::sum,
};

/// Number of bins: one below each ventile, and one above the last.
pub const PIT_BINS: usize = VENTILES.len() + 1;

/// Minimum number of days for the test: the usual rule for the χ² approximation, five expected in each bin (Cochran,
/// "Some Methods for Strengthening the Common χ² Tests", Biometrics 10, 1954).
pub const MIN_PIT_DAYS: usize = 5 * PIT_BINS;

/// Counts of days by the ventile interval of the forecast distribution that contains the realised value. Flat for calibrated
/// distributions, ∪ for too narrow ones, ∩ for too wide ones, sloped for biased ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PitHistogram {
    counts: [usize; PIT_BINS],
}

/// Result of the χ² test that a [`PitHistogram`] is flat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Uniformity {
    /// Pearson's `Σ (count − days/20)² / (days/20)`: χ² with 19 degrees of freedom when all bins are equally likely.
    pub statistic: f64,
    /// Probability of a statistic this large under calibrated distributions.
    pub p_value: f64,
}

impl PitHistogram {
    /// Counts the days of one series: `forecasts[day]` has the quantiles at `levels`, `realised[day]` is the realised value.
    ///
    /// Ventiles that are not among the levels are interpolated linearly. Bin `b` runs from above ventile `b` to ventile `b + 1`
    /// inclusive. A value that equals several ventiles counts in the middle one of the bins that it fills, the lower of two.
    ///
    /// Returns `None` if the levels do not reach from 0.05 to 0.95, because the outer bins are then unknown.
    ///
    /// # Errors
    /// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, the levels do not rise within
    /// (0, 1), or quantiles fall.
    pub fn of<Q: AsRef<[f64]>>(levels: &[f64], forecasts: &[Q], realised: &[f64]) -> Result<Option<Self>, EvalError> {
        check_days(levels, forecasts, realised)?;
        let places: Option<Vec<LevelPosition>> = VENTILES.iter().map(|&ventile| position(levels, ventile)).collect();
        let Some(places) = places else { return Ok(None) };
        let mut counts = [0; PIT_BINS];
        for (quantiles, &value) in forecasts.iter().zip(realised) {
            let ventile = |position: &LevelPosition| position.quantile(quantiles.as_ref());
            let below = places.partition_point(|position| ventile(position) < value);
            let not_above = places.partition_point(|position| ventile(position) <= value);
            counts[below.midpoint(not_above)] += 1;
        }
        Ok(Some(Self { counts }))
    }

    /// Returns the number of days in each bin, from the lowest values to the highest.
    #[must_use]
    pub fn counts(&self) -> &[usize; PIT_BINS] {
        &self.counts
    }

    /// Returns the number of days counted.
    #[must_use]
    pub fn days(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Adds the days of another series.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
    }

    /// Tests whether all bins are equally likely (Pearson's χ² test).
    ///
    /// It assumes independent days. For overlapping horizons, or several symbols on the same day, the p-value is too small; use
    /// the shape of the histogram instead.
    ///
    /// # Errors
    /// [`EvalError::TooFew`] below [`MIN_PIT_DAYS`].
    pub fn uniformity(&self) -> Result<Uniformity, EvalError> {
        let days = self.days();
        if days < MIN_PIT_DAYS {
            return Err(EvalError::TooFew { what: "the test of a PIT histogram", have: days, need: MIN_PIT_DAYS });
        }
        let expected = days as f64 / PIT_BINS as f64;
        let excess = |&count: &usize| (count as f64 - expected) * (count as f64 - expected) / expected;
        let statistic = representable("the statistic of a PIT histogram", sum(self.counts.iter().map(excess)))?;
        let degrees = (PIT_BINS - 1) as f64;
        let chi_squared = ChiSquared::new(degrees)
            .map_err(|_| EvalError::Distribution { distribution: "χ²", parameter: degrees })?;
        Ok(Uniformity { statistic, p_value: chi_squared.sf(statistic) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles 1 … 19 at the ventiles.
    fn one_to_19() -> Vec<f64> {
        (1..=19).map(f64::from).collect()
    }

    fn bin(quantiles: &[f64], realised: f64) -> usize {
        let histogram = PitHistogram::of(&VENTILES, &[quantiles], &[realised]).unwrap().unwrap();
        assert_eq!(histogram.days(), 1);
        histogram.counts().iter().position(|&count| count == 1).unwrap()
    }

    #[test]
    fn counts_the_interval_between_ventiles() {
        let quantiles = one_to_19();
        for (realised, expected) in [(-7.0, 0), (1.0, 0), (1.1, 1), (2.0, 1), (9.5, 9), (19.0, 18), (19.1, 19)] {
            assert_eq!(bin(&quantiles, realised), expected, "{realised}");
        }
    }

    #[test]
    fn counts_a_jump_in_its_middle() {
        assert_eq!(bin(&[4.0; 19], 4.0), 9);
        let mut quantiles = one_to_19();
        quantiles[1] = 1.0; // 0.05 and 0.10 coincide: all of the bin between them lies at 1.
        assert_eq!(bin(&quantiles, 1.0), 1);
    }

    #[test]
    fn interpolates_ventiles_that_are_not_given() {
        let levels = [0.05, 0.25, 0.95];
        let of = |realised| PitHistogram::of(&levels, &[[0.0, 4.0, 18.0]], &[realised]).unwrap().unwrap();
        assert_eq!(of(1.5).counts()[2], 1); // 0.10 lies at 1, 0.15 at 2.
        assert_eq!(PitHistogram::of(&[0.1, 0.9], &[[0.0, 1.0]], &[0.5]), Ok(None));
    }

    #[test]
    fn adds_up_over_series() {
        let quantiles = one_to_19();
        let of = |realised: &[f64]| {
            PitHistogram::of(&VENTILES, &vec![&quantiles; realised.len()], realised).unwrap().unwrap()
        };
        let mut both = of(&[0.0, 7.5]);
        both.merge(&of(&[30.0]));
        assert_eq!(both, of(&[0.0, 7.5, 30.0]));
    }

    #[test]
    fn needs_five_days_a_bin_to_be_tested() {
        let flat = PitHistogram { counts: [5; PIT_BINS] };
        assert_eq!(flat.uniformity(), Ok(Uniformity { statistic: 0.0, p_value: 1.0 }));
        let mut one_less = flat;
        one_less.counts[3] -= 1;
        assert!(matches!(one_less.uniformity(), Err(EvalError::TooFew { have: 99, need: 100, .. })));
        assert!(PitHistogram::default().uniformity().is_err());
    }

    #[test]
    fn refuses_days_that_do_not_match() {
        let quantiles = one_to_19();
        let unequal = PitHistogram::of(&VENTILES, &[&quantiles], &[1.0, 2.0]);
        assert!(matches!(unequal, Err(EvalError::UnequalLengths { what: "forecasts", .. })));
        let nan = PitHistogram::of(&VENTILES, &[&quantiles], &[f64::NAN]);
        assert!(matches!(nan, Err(EvalError::NonFinite { what: "realised", index: 0 })));
        assert!(PitHistogram::of(&VENTILES, &[[1.0; 18]], &[1.0]).is_err());
    }
}
