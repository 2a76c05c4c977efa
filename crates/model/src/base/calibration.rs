//! Making the intervals hold what they promise: split conformal factors over all symbols, and a factor of each symbol that
//! follows its own hits and misses.
//!
//! A score is the size of a log return over the half-width of the forecast interval, so that it has no unit and no volatility.
//! The factors are the conformal quantiles of the scores (Lei et al. 2018, *Distribution-Free Predictive Inference for
//! Regression*) of a part of the days that no weight was trained on. From there on each symbol adapts after Gibbs and Candès
//! (2021), *Adaptive Conformal Inference Under Distribution Shift*, in the logarithm of the width.

use chrono::NaiveDate;
use closecast_domain::{IntervalCoverage, MeasuredCoverage};
use serde::{Deserialize, Serialize};

use super::student::LEVELS;

/// Central intervals between a quantile and its mirror image.
pub(super) const PAIRS: usize = LEVELS.len() / 2;
/// Which of them the adaptation watches: the 90 % interval.
const WATCHED: usize = 1;
/// Step of the adaptation after a miss.
const RATE: f64 = 0.02;
/// What is left of it a day later: half of it is forgotten in 138 days.
const MEMORY: f64 = 0.995;
/// Largest logarithm of a symbol's own factor.
const LARGEST: f64 = 0.5;
/// Days that the network's own word is worth against those of the calibration part: a year. Days, not symbols on a day, are
/// the sample: shocks are common to all.
const PRIOR_DAYS: f64 = 252.0;

/// Factors on the widths of one session ahead, by pair from the outside.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Factors([f64; PAIRS]);

impl Default for Factors {
    fn default() -> Self {
        Self([1.0; PAIRS])
    }
}

/// What came and what had been forecast: a log return and the quantiles of it at [`LEVELS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) date: NaiveDate,
    pub(super) realised: f64,
    pub(super) quantiles: [f64; LEVELS.len()],
}

/// Returns the probability of the interval of a pair.
pub(super) fn probability(pair: usize) -> f64 {
    // Two decimals, without the crumbs of the subtraction.
    ((LEVELS[LEVELS.len() - 1 - pair] - LEVELS[pair]) * 100.0).round() / 100.0
}

/// Returns how far `realised` lies from the median, where 1 is the end of the pair's interval on its side.
fn score(realised: f64, quantiles: &[f64; LEVELS.len()], pair: usize) -> f64 {
    let distance = realised - quantiles[PAIRS];
    let end = if distance < 0.0 { quantiles[pair] } else { quantiles[LEVELS.len() - 1 - pair] };
    if distance == 0.0 { 0.0 } else { distance / (end - quantiles[PAIRS]) }
}

impl Factors {
    /// Returns whether every factor is a positive number.
    pub(super) fn are_usable(&self) -> bool {
        self.0.iter().all(|factor| factor.is_finite() && *factor > 0.0)
    }

    /// Fits the factors on what came in the calibration part.
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

    /// Returns the quantiles widened by the factors and by a symbol's own, of which `own` is the logarithm. It acts on the
    /// tails alone: the middle half is left to the network.
    pub(super) fn apply(&self, quantiles: &[f64; LEVELS.len()], own: f64) -> [f64; LEVELS.len()] {
        let mut widened = *quantiles;
        let median = quantiles[PAIRS];
        for pair in (0..PAIRS).rev() {
            let share = ((probability(pair) - 0.5) / 0.4).clamp(0.0, 1.0);
            let factor = self.0[pair] * (share * own).exp();
            let mirror = LEVELS.len() - 1 - pair;
            let widen = |at: usize| median + factor * (quantiles[at] - median);
            // No factor may turn the order of the quantiles round.
            widened[pair] = widen(pair).min(widened[pair + 1]);
            widened[mirror] = widen(mirror).max(widened[mirror - 1]);
        }
        widened
    }
}

/// Follows the hits of one symbol at one session ahead.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Follower {
    log_factor: f64,
}

impl Follower {
    /// Returns the logarithm of the symbol's own factor.
    pub(super) fn log_factor(self) -> f64 {
        self.log_factor
    }

    /// Learns from an outcome that was forecast with `quantiles`, calibrated as they were given.
    pub(super) fn learn(&mut self, realised: f64, quantiles: &[f64; LEVELS.len()]) {
        let miss = f64::from(u8::from(score(realised, quantiles, WATCHED) > 1.0));
        let step = RATE * (miss - (1.0 - probability(WATCHED)));
        self.log_factor = (MEMORY * self.log_factor + step).clamp(-LARGEST, LARGEST);
    }
}

/// Probabilities of the intervals that are told.
const TOLD: [f64; 4] = [0.5, 0.8, 0.9, 0.95];

/// Measures the coverage of the calibration part by halves: each is measured with the factors fitted on the other.
pub(super) fn measured(outcomes: &[Outcome]) -> Option<MeasuredCoverage> {
    let mut dates: Vec<NaiveDate> = outcomes.iter().map(|outcome| outcome.date).collect();
    dates.sort_unstable();
    dates.dedup();
    let middle = *dates.get(dates.len() / 2)?;
    let early = outcomes.iter().filter(move |outcome| outcome.date < middle);
    let late = outcomes.iter().filter(move |outcome| outcome.date >= middle);
    let from_early = Factors::fit(&early);
    let from_late = Factors::fit(&late);
    let hits = |pair: usize| {
        let inside = |factors: Factors| {
            move |outcome: &&Outcome| score(outcome.realised, &factors.apply(&outcome.quantiles, 0.0), pair) <= 1.0
        };
        early.clone().filter(inside(from_late)).count() + late.clone().filter(inside(from_early)).count()
    };
    let told = (0..PAIRS).filter(|&pair| TOLD.iter().any(|told| (told - probability(pair)).abs() < 1e-9));
    let share = |pair| hits(pair) as f64 / outcomes.len() as f64;
    let mut intervals: Vec<IntervalCoverage> =
        told.map(|pair| IntervalCoverage { level: probability(pair), share: share(pair) }).collect();
    intervals.reverse();
    Some(MeasuredCoverage { days: dates.len(), forecasts: outcomes.len(), intervals })
}
