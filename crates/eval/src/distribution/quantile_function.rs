//! Interpolated quantile function.

use crate::error::{EvalError, check_lists};

/// Tolerance for levels that are equal except for rounding, such as `0.95` and `1 − 0.05`.
const LEVEL_ROUNDING: f64 = 1e-9;

/// Checks that `levels` are ascending within (0, 1) and that `quantiles` has a finite value for each, ascending.
pub(super) fn check_quantiles(levels: &[f64], quantiles: &[f64]) -> Result<(), EvalError> {
    check_lists(&[("levels", levels), ("quantiles", quantiles)])?;
    let mut previous = 0.0;
    for (index, &level) in levels.iter().enumerate() {
        if !(level > previous && level < 1.0) {
            return Err(EvalError::InvalidLevel { index, level });
        }
        previous = level;
    }
    if let Some(index) = quantiles.windows(2).position(|pair| pair[0] > pair[1]) {
        return Err(EvalError::CrossedInterval { index, lower: quantiles[index], upper: quantiles[index + 1] });
    }
    Ok(())
}

/// Checks that `realised` is finite.
pub(super) fn check_realised(realised: f64) -> Result<(), EvalError> {
    if realised.is_finite() { Ok(()) } else { Err(EvalError::NonFinite { what: "realised", index: 0 }) }
}

/// Checks the distribution of each day, and that there are as many realised values.
pub(super) fn check_days<Q: AsRef<[f64]>>(levels: &[f64], forecasts: &[Q], realised: &[f64]) -> Result<(), EvalError> {
    check_lists(&[("realised", realised)])?;
    if forecasts.len() != realised.len() {
        return Err(EvalError::UnequalLengths {
            what: "forecasts",
            length: forecasts.len(),
            reference: "realised",
            expected: realised.len(),
        });
    }
    forecasts.iter().try_for_each(|quantiles| check_quantiles(levels, quantiles.as_ref()))
}

/// Returns the position of a level among `levels`.
pub(super) fn position(levels: &[f64], level: f64) -> Option<LevelPosition> {
    let above = levels.partition_point(|&given| given < level - LEVEL_ROUNDING);
    let upper = *levels.get(above)?;
    if upper <= level + LEVEL_ROUNDING {
        return Some(LevelPosition { below: above, above, weight: 0.0 });
    }
    let below = above.checked_sub(1)?;
    Some(LevelPosition { below, above, weight: (level - levels[below]) / (upper - levels[below]) })
}

/// Position of a level: at or between two of the given levels. It is the same for the distributions of all days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LevelPosition {
    below: usize,
    above: usize,
    weight: f64,
}

impl LevelPosition {
    /// Returns the linearly interpolated quantile.
    pub(super) fn quantile(self, quantiles: &[f64]) -> f64 {
        let (lower, upper) = (quantiles[self.below], quantiles[self.above]);
        // Unlike the difference of the two, this does not overflow; rounding must not exceed either.
        (lower * (1.0 - self.weight) + upper * self.weight).clamp(lower, upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantile(levels: &[f64], quantiles: &[f64], level: f64) -> Option<f64> {
        position(levels, level).map(|position| position.quantile(quantiles))
    }

    #[test]
    fn lies_on_the_line_between_its_neighbours() {
        let (levels, quantiles) = ([0.25, 0.5, 0.75], [-4.0, 0.0, 8.0]);
        assert_eq!(quantile(&levels, &quantiles, 0.375), Some(-2.0));
        assert_eq!(quantile(&levels, &quantiles, 0.5), Some(0.0));
        assert_eq!(quantile(&levels, &quantiles, 0.6875), Some(6.0));
        assert_eq!(quantile(&levels, &[-1e308, 0.0, 1e308], 0.5), Some(0.0));
        assert_eq!(quantile(&[0.25, 0.75], &[f64::MIN, f64::MAX], 0.5), Some(0.0));
    }

    #[test]
    fn reaches_as_far_as_the_levels_and_no_further() {
        let (levels, quantiles) = ([0.05, 0.5, 0.95], [-1.0, 0.0, 1.0]);
        // 1 − 0.95 is not 0.05, but close.
        assert_eq!(quantile(&levels, &quantiles, 1.0 - 0.95), Some(-1.0));
        assert_eq!(quantile(&levels, &quantiles, 0.05 - 1e-12), Some(-1.0));
        assert_eq!(quantile(&levels, &quantiles, 0.95 + 1e-12), Some(1.0));
        assert_eq!(quantile(&levels, &quantiles, 0.025), None);
        assert_eq!(quantile(&levels, &quantiles, 0.975), None);
    }

    #[test]
    fn refuses_invalid_distributions() {
        for (levels, index) in [([0.0, 0.5], 0), ([0.5, 1.0], 1), ([0.5, 0.5], 1), ([0.5, 0.4], 1)] {
            let error = check_quantiles(&levels, &[1.0, 2.0]);
            assert!(matches!(error, Err(EvalError::InvalidLevel { index: at, .. }) if at == index), "{levels:?}");
        }
        let falling = check_quantiles(&[0.1, 0.5, 0.9], &[0.0, 2.0, 1.0]);
        assert_eq!(falling, Err(EvalError::CrossedInterval { index: 1, lower: 2.0, upper: 1.0 }));
        assert!(matches!(check_quantiles(&[], &[]), Err(EvalError::Empty { .. })));
        assert!(matches!(check_quantiles(&[0.5], &[]), Err(EvalError::UnequalLengths { .. })));
        assert!(matches!(check_quantiles(&[0.5], &[f64::NAN]), Err(EvalError::NonFinite { what: "quantiles", .. })));
        assert_eq!(check_quantiles(&[0.1, 0.5], &[1.0, 1.0]), Ok(()), "a point mass is a distribution");
    }
}
