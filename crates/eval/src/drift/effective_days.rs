//! Effective sample size of autocorrelated days.

use crate::{
    error::{EvalError, check_lists, representable},
    summation::{mean, sum},
};

/// Returns the effective sample size of `days` consecutive values of `series`: the number of independent days whose mean has
/// the same variance, between 1 and `days`.
///
/// By Bayley and Hammersley ("The 'Effective' Number of Independent Observations in an Autocorrelated Time Series", Supplement
/// to the Journal of the Royal Statistical Society 8, 1946) it is `n / (1 + 2·Σₖ (1 − k/n)·ρₖ)`, `k = 1 … n − 1`. The
/// autocorrelations `ρₖ = γₖ / γ₀`, `γₖ = Σ (xₜ − x̄)(xₜ₊ₖ − x̄) / N`, are those of the whole `series`, which should be much longer
/// than `days`; from the first lag `2m` on at which `ρ₂ₘ + ρ₂ₘ₊₁` is not positive they are noise and count as 0 (Geyer's initial
/// positive sequence, "Practical Markov Chain Monte Carlo", Statistical Science 7, 1992).
///
/// Negative autocorrelation does not raise it above `days`. A constant series counts as one day.
///
/// # Errors
/// [`EvalError`] when `series` is empty or not finite, `days` is 0, or a square overflows.
pub fn effective_days(series: &[f64], days: usize) -> Result<f64, EvalError> {
    check_lists(&[("series", series)])?;
    if days == 0 {
        return Err(EvalError::TooFew { what: "the effective number of days", have: 0, need: 1 });
    }
    let centre = mean(series.iter().copied());
    representable("the mean", centre)?;
    let largest = series.iter().fold(0.0_f64, |largest, value| largest.max((value - centre).abs()));
    representable("a deviation from the mean", largest)?;
    let magnitude = series.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if largest <= 4.0 * f64::EPSILON * magnitude {
        return Ok(1.0);
    }
    let deviations: Vec<f64> = series.iter().map(|value| (value - centre) / largest).collect();
    let variance = autocovariance(&deviations, 0);
    let correlation = |lag: usize| autocovariance(&deviations, lag) / variance;
    let n = days as f64;
    let weighted = |lag: usize, correlation: f64| if lag < days { (1.0 - lag as f64 / n) * correlation } else { 0.0 };
    let mut inflation = 1.0;
    for even in (0..days.min(series.len())).step_by(2) {
        let pair = [if even == 0 { 1.0 } else { correlation(even) }, correlation(even + 1)];
        if pair[0] + pair[1] <= 0.0 {
            break;
        }
        if even > 0 {
            inflation += 2.0 * weighted(even, pair[0]);
        }
        inflation += 2.0 * weighted(even + 1, pair[1]);
    }
    Ok((n / inflation.max(1.0)).max(1.0))
}

/// Returns the autocovariance at `lag` with divisor n, from deviations from the mean; 0 for lags from the length on.
pub(crate) fn autocovariance(deviations: &[f64], lag: usize) -> f64 {
    let later = deviations.iter().skip(lag);
    sum(deviations.iter().zip(later).map(|(a, b)| a * b)) / deviations.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effective_days_are_fewer_for_dependent_days_and_never_more() {
        let slow: Vec<f64> = (0..400).map(|day| (f64::from(day) / 30.0).sin()).collect();
        assert!(effective_days(&slow, 60).unwrap() < 3.0);
        let swinging: Vec<f64> = (0..400).map(|day| if day % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert_eq!(effective_days(&swinging, 60), Ok(60.0));
        assert_eq!(effective_days(&[7.25; 50], 20), Ok(1.0));
        assert_eq!(effective_days(&slow, 1), Ok(1.0));
    }

    #[test]
    fn refuses_empty_and_non_finite_series() {
        assert!(effective_days(&[], 5).is_err());
        assert!(effective_days(&[1.0, f64::NAN], 5).is_err());
        assert!(effective_days(&[1.0, 2.0], 0).is_err());
        assert!(effective_days(&[f64::MAX, -f64::MAX, f64::MAX, f64::MAX], 5).is_err());
    }
}
