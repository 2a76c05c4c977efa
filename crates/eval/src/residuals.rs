//! Forecast distributions from past errors: quantiles of standardised residuals.
//!
//! A standardised residual is `z = (r − r̂) / σ`: the realised minus the forecast log return, over the volatility known when
//! the forecast was made. Their quantiles `z_τ` on validation days convert a point forecast to a distribution: price quantile
//! `last · exp(r̂ + z_τ·σ)`.

use serde::{Deserialize, Serialize};

use crate::error::{EvalError, check_lists, representable};

/// The levels 0.05, 0.10 … 0.95, which divide a distribution into twenty parts.
pub const VENTILES: [f64; 19] =
    [0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95];

/// Minimum number of residuals of [`conformal_quantiles`]: with 40, the maximum and the minimum are the ends of a 95 %
/// interval. More extreme levels need more.
pub const MIN_RESIDUALS: usize = 40;

/// Tolerance for `(n + 1)·τ` that is an integer except for the rounding of `τ`.
const RANK_ROUNDING: f64 = 1e-9;

/// A quantile of the standardised residuals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResidualQuantile {
    /// Probability, in (0, 1).
    pub level: f64,
    /// Residual in units of the volatility at the origin.
    pub z: f64,
}

/// Returns the standardised residuals `(realised − forecast) / sigma`, one per day.
///
/// # Errors
/// [`EvalError`] when the lists are empty or of unequal length, hold NaN or infinity, a volatility is not above zero,
/// or a quotient overflows.
pub fn standardise(realised: &[f64], forecast: &[f64], sigma: &[f64]) -> Result<Vec<f64>, EvalError> {
    check_lists(&[("realised", realised), ("forecast", forecast), ("sigma", sigma)])?;
    if let Some(index) = sigma.iter().position(|&value| value <= 0.0) {
        return Err(EvalError::NotPositive { what: "sigma", index, value: sigma[index] });
    }
    let residual = |((r, f), s): ((&f64, &f64), &f64)| representable("a standardised residual", (r - f) / s);
    realised.iter().zip(forecast).zip(sigma).map(residual).collect()
}

/// Returns the quantiles of `residuals` at `levels`, with the finite-sample correction that gives intervals valid coverage
/// on new days.
///
/// With the residuals in ascending order `z₁ ≤ … ≤ zₙ`, a level `τ > ½` takes rank `⌈(n + 1)·τ⌉`, a level `τ < ½` rank
/// `⌊(n + 1)·τ⌋`, and the median is the sample median. If new days are exchangeable with those of the sample, a
/// new residual lies at or below the upper quantile with probability at least `τ`, so the central interval from
/// `α/2` to `1 − α/2` holds it with probability at least `1 − α` (split conformal prediction: Lei, G'Sell, Rinaldo,
/// Tibshirani and Wasserman, "Distribution-Free Predictive Inference for Regression", JASA 113, 2018, section 2.2; each
/// tail on its own as in Romano, Patterson and Candès, "Conformalized Quantile Regression", NeurIPS 2019, theorem 2,
/// because losses and gains have different tails). Markets drift, so coverage is checked by
/// [`coverage`](crate::coverage()) out of sample.
///
/// The result is in the order of `levels` and ascending.
///
/// # Errors
/// [`EvalError::TooFew`] below [`MIN_RESIDUALS`], or when a level is too extreme for the sample;
/// [`EvalError::InvalidLevel`] when the levels are not ascending within (0, 1); [`EvalError`] on NaN, infinity or no residual.
pub fn conformal_quantiles(residuals: &[f64], levels: &[f64]) -> Result<Vec<ResidualQuantile>, EvalError> {
    let sorted = sorted_residuals(residuals, levels)?;
    let reach = levels.iter().map(|&level| residuals_needed(level)).fold(MIN_RESIDUALS, usize::max);
    if sorted.len() < reach {
        return Err(EvalError::TooFew { what: "the interval of the forecast", have: sorted.len(), need: reach });
    }
    levels.iter().map(|&level| Ok(ResidualQuantile { level, z: conformal_quantile(&sorted, level)? })).collect()
}

/// Returns the plain sample quantiles of `residuals` at `levels`, interpolated linearly (type 7 of Hyndman and Fan,
/// "Sample Quantiles in Statistical Packages", The American Statistician 50, 1996; the default of NumPy and R).
///
/// # Errors
/// [`EvalError::InvalidLevel`] when the levels are not ascending within (0, 1); [`EvalError`] on NaN, infinity or no residual.
pub fn empirical_quantiles(residuals: &[f64], levels: &[f64]) -> Result<Vec<ResidualQuantile>, EvalError> {
    let sorted = sorted_residuals(residuals, levels)?;
    levels.iter().map(|&level| Ok(ResidualQuantile { level, z: empirical_quantile(&sorted, level)? })).collect()
}

fn sorted_residuals(residuals: &[f64], levels: &[f64]) -> Result<Vec<f64>, EvalError> {
    check_lists(&[("residuals", residuals)])?;
    let mut previous = 0.0;
    for (index, &level) in levels.iter().enumerate() {
        if !(level > previous && level < 1.0) {
            return Err(EvalError::InvalidLevel { index, level });
        }
        previous = level;
    }
    let mut sorted = residuals.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}

/// Returns the smallest sample in which the corrected rank of `level` exists: `n ≥ 1/tail − 1`.
fn residuals_needed(level: f64) -> usize {
    (1.0 / level.min(1.0 - level) - 1.0 - RANK_ROUNDING).ceil() as usize
}

fn conformal_quantile(sorted: &[f64], level: f64) -> Result<f64, EvalError> {
    let position = (sorted.len() + 1) as f64 * level;
    let rank = if level > 0.5 {
        (position - RANK_ROUNDING).ceil() as usize
    } else if level < 0.5 {
        (position + RANK_ROUNDING).floor() as usize
    } else {
        return empirical_quantile(sorted, level);
    };
    Ok(sorted[rank.clamp(1, sorted.len()) - 1])
}

fn empirical_quantile(sorted: &[f64], level: f64) -> Result<f64, EvalError> {
    let position = (sorted.len() - 1) as f64 * level;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    let value = representable("a quantile", below + (above - below) * position.fract())?;
    // Rounding must not exceed the value above, or the quantiles could descend.
    Ok(value.min(above))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_to(n: usize) -> Vec<f64> {
        (1..=n).rev().map(|value| value as f64).collect()
    }

    fn values(quantiles: &[ResidualQuantile]) -> Vec<f64> {
        quantiles.iter().map(|quantile| quantile.z).collect()
    }

    #[test]
    fn standardises_by_the_volatility_at_the_origin() {
        assert_eq!(standardise(&[0.75, -1.0], &[0.25, 1.0], &[0.25, 1.0]), Ok(vec![2.0, -2.0]));
        let zero = standardise(&[0.0; 2], &[0.0; 2], &[0.1, 0.0]);
        assert_eq!(zero, Err(EvalError::NotPositive { what: "sigma", index: 1, value: 0.0 }));
        assert!(matches!(standardise(&[1.0], &[0.0], &[1e-320]), Err(EvalError::Overflow { .. })));
    }

    #[test]
    fn ranks_reach_one_further_out_than_the_plain_quantile() {
        // n = 99, n + 1 = 100: the ranks are the percentages themselves.
        let corrected = conformal_quantiles(&one_to(99), &[0.01, 0.05, 0.5, 0.95, 0.99]).unwrap();
        assert_eq!(values(&corrected), [1.0, 5.0, 50.0, 95.0, 99.0]);
        // n = 100: 101·0.05 = 5.05 → 5, 101·0.95 = 95.95 → 96.
        let corrected = conformal_quantiles(&one_to(100), &[0.05, 0.5, 0.95]).unwrap();
        assert_eq!(values(&corrected), [5.0, 50.5, 96.0]);
    }

    #[test]
    fn needs_a_sample_that_reaches_the_levels() {
        assert!(conformal_quantiles(&one_to(40), &[0.025, 0.975]).is_ok());
        let too_few = conformal_quantiles(&one_to(39), &VENTILES).unwrap_err();
        assert!(matches!(too_few, EvalError::TooFew { have: 39, need: 40, .. }));
        assert_eq!(
            too_few.to_string(),
            "the interval of the forecast needs at least 40 values and has 39: use more days"
        );
        let too_far = conformal_quantiles(&one_to(98), &[0.5, 0.99]);
        assert!(matches!(too_far, Err(EvalError::TooFew { have: 98, need: 99, .. })));
        assert!(matches!(conformal_quantiles(&one_to(98), &[1e-300]), Err(EvalError::TooFew { .. })));
    }

    #[test]
    fn refuses_levels_that_do_not_rise_within_the_unit_interval() {
        for (levels, index) in [(&[0.0, 0.5], 0), (&[0.5, 1.0], 1), (&[0.5, 0.5], 1), (&[0.5, f64::NAN], 1)] {
            let error = conformal_quantiles(&one_to(50), levels).unwrap_err();
            assert!(matches!(error, EvalError::InvalidLevel { index: at, .. } if at == index), "{levels:?}: {error}");
        }
    }
}
