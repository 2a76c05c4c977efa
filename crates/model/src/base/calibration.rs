//! Calibration of the intervals: split conformal factors over all symbols, and an adaptive conformal factor of each symbol.
//!
//! A score is the absolute log return over the half-width of the forecast interval: it depends on neither unit nor volatility.
//! The factors are the conformal quantiles of the scores (Lei et al. 2018, *Distribution-Free Predictive Inference for
//! Regression*) on days that no weight was trained on. On later days the interval of each symbol adapts after Gibbs and Candès
//! (2021), *Adaptive Conformal Inference Under Distribution Shift*, in the logarithm of the width.

use chrono::NaiveDate;
use closecast_domain::{IntervalCoverage, MeasuredCoverage};
use serde::{Deserialize, Serialize};

use super::student::LEVELS;

/// Number of central intervals, each between a quantile and its mirror image.
pub(super) const PAIRS: usize = LEVELS.len() / 2;
/// Index of the interval that drives the adaptation: the 90 % interval.
const ADAPTED_PAIR: usize = 1;
/// Step size of the adaptation: a miss of the 90 % interval widens it by 1.8 %, a hit narrows it by 0.2 %, so that in the long
/// run nine of ten closes are hits, independent of the network.
const ADAPTATION_RATE: f64 = 0.02;
/// Maximum absolute logarithm of a symbol's adaptive factor.
const MAX_LOG_FACTOR: f64 = 0.5;
/// Weight of the network's uncalibrated widths, in calibration days: a year. The sample size counts days, not symbols:
/// shocks are common to all symbols.
const PRIOR_DAYS: f64 = 252.0;

/// Factors on the interval widths of one session ahead, from the outermost pair of quantiles inwards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ConformalFactors([f64; PAIRS]);

impl Default for ConformalFactors {
    fn default() -> Self {
        Self([1.0; PAIRS])
    }
}

/// A realised log return and its forecast quantiles at [`LEVELS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) date: NaiveDate,
    pub(super) realised: f64,
    pub(super) quantiles: [f64; LEVELS.len()],
}

/// Returns the probability of the interval of a pair of quantiles.
pub(super) fn probability(pair: usize) -> f64 {
    // Rounded to two decimals: the subtraction has a rounding error.
    ((LEVELS[LEVELS.len() - 1 - pair] - LEVELS[pair]) * 100.0).round() / 100.0
}

/// Returns the distance of `realised` from the median, where 1 is the end of the pair's interval on that side.
fn score(realised: f64, quantiles: &[f64; LEVELS.len()], pair: usize) -> f64 {
    let distance = realised - quantiles[PAIRS];
    let end = if distance < 0.0 { quantiles[pair] } else { quantiles[LEVELS.len() - 1 - pair] };
    if distance == 0.0 { 0.0 } else { distance / (end - quantiles[PAIRS]) }
}

impl ConformalFactors {
    /// Returns whether every factor is positive and finite.
    pub(super) fn are_valid(&self) -> bool {
        self.0.iter().all(|factor| factor.is_finite() && *factor > 0.0)
    }

    /// Fits the factors on the outcomes of the calibration part.
    pub(super) fn fit<'a>(outcomes: &(impl Iterator<Item = &'a Outcome> + Clone)) -> Self {
        let mut dates: Vec<NaiveDate> = outcomes.clone().map(|outcome| outcome.date).collect();
        dates.sort_unstable();
        dates.dedup();
        let trust = dates.len() as f64 / (dates.len() as f64 + PRIOR_DAYS);
        let factor = |pair: usize| {
            let mut scores: Vec<f64> =
                outcomes.clone().map(|outcome| score(outcome.realised, &outcome.quantiles, pair)).collect();
            scores.sort_unstable_by(f64::total_cmp);
            let rank = (probability(pair) * (scores.len() as f64 + 1.0)).ceil() as usize;
            let score = scores.get(rank.saturating_sub(1).min(scores.len().saturating_sub(1)));
            score.filter(|score| score.is_finite() && **score > 0.0).map_or(1.0, |score| (trust * score.ln()).exp())
        };
        Self(std::array::from_fn(factor))
    }

    /// Returns the quantiles widened by the factors and by the symbol's adaptive factor, of which `own` is the logarithm. The
    /// adaptive factor acts on the tails only; the middle half of the distribution stays as it is.
    pub(super) fn apply(&self, quantiles: &[f64; LEVELS.len()], own: f64) -> [f64; LEVELS.len()] {
        let mut widened = *quantiles;
        let median = quantiles[PAIRS];
        for pair in (0..PAIRS).rev() {
            let share = ((probability(pair) - 0.5) / 0.4).clamp(0.0, 1.0);
            let factor = self.0[pair] * (share * own).exp();
            let mirror = LEVELS.len() - 1 - pair;
            let widen = |at: usize| median + factor * (quantiles[at] - median);
            // Quantiles must stay in ascending order.
            widened[pair] = widen(pair).min(widened[pair + 1]);
            widened[mirror] = widen(mirror).max(widened[mirror - 1]);
        }
        widened
    }
}

/// Adaptive conformal inference for one symbol at one session ahead.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AdaptiveConformal {
    log_factor: f64,
}

impl AdaptiveConformal {
    /// Returns the logarithm of the symbol's adaptive factor.
    pub(super) fn log_factor(self) -> f64 {
        self.log_factor
    }

    /// Updates the factor with an outcome and its calibrated forecast `quantiles`.
    pub(super) fn update(&mut self, realised: f64, quantiles: &[f64; LEVELS.len()]) {
        let miss = f64::from(u8::from(score(realised, quantiles, ADAPTED_PAIR) > 1.0));
        let step = ADAPTATION_RATE * (miss - (1.0 - probability(ADAPTED_PAIR)));
        self.log_factor = (self.log_factor + step).clamp(-MAX_LOG_FACTOR, MAX_LOG_FACTOR);
    }
}

/// Probabilities of the intervals whose coverage is reported.
const REPORTED_LEVELS: [f64; 4] = [0.5, 0.8, 0.9, 0.95];

/// Measures the coverage on the calibration part by two-fold cross-fitting: each half with the factors fitted on the other.
pub(super) fn measure_coverage(outcomes: &[Outcome]) -> Option<MeasuredCoverage> {
    let mut dates: Vec<NaiveDate> = outcomes.iter().map(|outcome| outcome.date).collect();
    dates.sort_unstable();
    dates.dedup();
    let middle = *dates.get(dates.len() / 2)?;
    let early = outcomes.iter().filter(move |outcome| outcome.date < middle);
    let late = outcomes.iter().filter(move |outcome| outcome.date >= middle);
    let from_early = ConformalFactors::fit(&early);
    let from_late = ConformalFactors::fit(&late);
    let hits = |pair: usize| {
        let inside = |factors: ConformalFactors| {
            move |outcome: &&Outcome| score(outcome.realised, &factors.apply(&outcome.quantiles, 0.0), pair) <= 1.0
        };
        early.clone().filter(inside(from_late)).count() + late.clone().filter(inside(from_early)).count()
    };
    let reported =
        (0..PAIRS).filter(|&pair| REPORTED_LEVELS.iter().any(|reported| (reported - probability(pair)).abs() < 1e-9));
    let share = |pair| hits(pair) as f64 / outcomes.len() as f64;
    let mut intervals: Vec<IntervalCoverage> =
        reported.map(|pair| IntervalCoverage { level: probability(pair), share: share(pair) }).collect();
    intervals.reverse();
    Some(MeasuredCoverage { days: dates.len(), forecasts: outcomes.len(), intervals })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Absolute returns of 20 days over the forecast half-width.
    const SCORES: [f64; 20] = [
        0.30, 1.42, 0.77, 0.05, 2.31, 0.98, 1.10, 0.61, 0.44, 1.87, 0.12, 0.83, 1.26, 0.52, 0.70, 3.05, 0.21, 1.58,
        0.37, 4.12,
    ];

    /// Returns evenly spaced quantiles around `median`, the outermost ones `end` away from it.
    fn quantiles(median: f64, end: f64) -> [f64; LEVELS.len()] {
        std::array::from_fn(|at| median + end * (at as f64 - PAIRS as f64) / PAIRS as f64)
    }

    fn outcome(day: u64, realised: f64, quantiles: [f64; LEVELS.len()]) -> Outcome {
        let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        Outcome { date: first + chrono::Days::new(day), realised, quantiles }
    }

    fn outcomes(days_each: u64) -> Vec<Outcome> {
        // Every end of every interval is 0.02 away from a median of 0.001.
        let flat = std::array::from_fn(|at| 0.001 + if at == PAIRS { 0.0 } else { 0.02 * (at as f64 - 10.0).signum() });
        let of = |(at, score): (usize, &f64)| {
            let sign = if at % 2 == 0 { 1.0 } else { -1.0 };
            outcome(at as u64 / days_each, 0.001 + sign * score * 0.02, flat)
        };
        SCORES.iter().enumerate().map(of).collect()
    }

    /// `numpy.quantile(scores, ceil(21 p) / 20, method="inverted_cdf")`, the conformal quantile of 20 scores, for the
    /// probabilities 0.95, 0.9, 0.8, 0.5 and 0.1, shrunk by 20 days (or 10) against a prior of a year.
    #[test]
    fn factors_are_the_conformal_quantiles() {
        for (days_each, days) in [(1, 20.0), (2, 10.0)] {
            let factors = ConformalFactors::fit(&outcomes(days_each).iter());
            for (probability_of, expected) in [(0.95, 4.12), (0.9, 3.05), (0.8, 1.87), (0.5, 0.83), (0.1, 0.21)] {
                let pair = (0..PAIRS).find(|&pair| probability(pair) == probability_of).unwrap();
                let expected: f64 = f64::powf(expected, days / (days + 252.0));
                assert!((factors.0[pair] / expected - 1.0).abs() < 1e-9, "{probability_of}: {:?}", factors.0[pair]);
            }
        }
        assert_eq!(ConformalFactors::fit(&[].iter()), ConformalFactors::default());
    }

    #[test]
    fn factors_widen_around_the_median_and_keep_the_order() {
        let plain = quantiles(0.003, 0.05);
        assert_eq!(ConformalFactors::default().apply(&plain, 0.0), plain.map(|value| 0.003 + (value - 0.003)));
        let mut factors = ConformalFactors([2.0; PAIRS]);
        let wide = factors.apply(&plain, 0.0);
        assert!((wide[0] - (0.003 - 0.1)).abs() < 1e-12 && (wide[20] - (0.003 + 0.1)).abs() < 1e-12);
        assert_eq!(wide[PAIRS], 0.003);
        // The adaptive factor acts fully on the tails and not at all on the middle half.
        let own = ConformalFactors::default().apply(&plain, 0.5);
        assert!(((own[ADAPTED_PAIR] - 0.003) / (plain[ADAPTED_PAIR] - 0.003) - 0.5_f64.exp()).abs() < 1e-12);
        let half = (0..PAIRS).find(|&pair| probability(pair) == 0.5).unwrap();
        assert!((half..=PAIRS).all(|at| (own[at] - plain[at]).abs() < 1e-12));
        factors.0[3] = 50.0;
        let ordered = factors.apply(&plain, -0.5);
        assert!(ordered.windows(2).all(|pair| pair[0] <= pair[1]), "{ordered:?}");
    }

    #[test]
    fn adaptation_widens_after_a_miss_and_narrows_after_hits() {
        let plain = quantiles(0.0, 0.05);
        let mut adaptive = AdaptiveConformal::default();
        adaptive.update(1.0, &plain);
        assert!((adaptive.log_factor() - 0.018).abs() < 1e-12, "0.02 · (1 − 0.1)");
        adaptive.update(0.0, &plain);
        assert!((adaptive.log_factor() - (0.018 - 0.002)).abs() < 1e-12, "0.02 · 0.1 less");
        (0..10_000).for_each(|_| adaptive.update(1.0, &plain));
        assert_eq!(adaptive.log_factor(), MAX_LOG_FACTOR);
        (0..10_000).for_each(|_| adaptive.update(0.0, &plain));
        assert_eq!(adaptive.log_factor(), -MAX_LOG_FACTOR);
        // Nine hits and a miss cancel out.
        let mut balanced = AdaptiveConformal::default();
        (0..9).for_each(|_| balanced.update(0.0, &plain));
        balanced.update(1.0, &plain);
        assert!(balanced.log_factor().abs() < 1e-12);
    }

    #[test]
    fn coverage_is_measured_by_cross_fitting() {
        // The intervals are too narrow in the first half of the days and right in the second.
        let plain = quantiles(0.0, 0.02);
        let all: Vec<Outcome> = (0..40).map(|day| outcome(day, if day < 20 { 0.05 } else { 0.0 }, plain)).collect();
        let coverage = measure_coverage(&all).unwrap();
        assert_eq!((coverage.days, coverage.forecasts), (40, 40));
        let levels: Vec<f64> = coverage.intervals.iter().map(|interval| interval.level).collect();
        assert_eq!(levels, [0.5, 0.8, 0.9, 0.95]);
        // 20 days at a score of 2.5 widen by 2.5^(20/272) = 1.07 only, and the other half cannot widen at all.
        assert_eq!(coverage.at(0.95), Some(0.5));
        assert_eq!(coverage.at(0.7), None);
        assert!(measure_coverage(&[]).is_none());
    }
}
