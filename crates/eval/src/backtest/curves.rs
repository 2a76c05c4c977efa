//! How the forecasts did over levels, over symbols and over time: what charts show.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use closecast_domain::Symbol;

use super::{
    panel::{Day, ModelDays, SymbolDays},
    score::missed,
};
use crate::{EvalError, VENTILES, central_misses, geometric_mean_ratio, summation::mean};

impl ModelDays<'_> {
    /// Returns the probabilities of the central intervals between two ventiles, rising from 0.1 to 0.9, each with the share of
    /// all forecasts that it held; empty when a forecast has no quantiles.
    ///
    /// # Errors
    /// [`EvalError`] when there is no forecast.
    pub fn calibration_curve(&self) -> Result<Vec<(f64, f64)>, EvalError> {
        let quantiles: Vec<&[f64]> = self.days().map(Day::ventiles).collect();
        let realised: Vec<f64> = self.days().map(|day| day.realised).collect();
        if quantiles.iter().any(|quantiles| quantiles.is_empty()) {
            return Ok(Vec::new());
        }
        let mut curve = Vec::with_capacity(VENTILES.len() / 2);
        for lower in (0..VENTILES.len() / 2).rev() {
            let central = 1.0 - 2.0 * VENTILES[lower];
            if let Some(misses) = central_misses(&VENTILES, &quantiles, &realised, central)? {
                let inside = misses.iter().filter(|&&miss| !miss).count();
                curve.push((central, inside as f64 / misses.len() as f64));
            }
        }
        Ok(curve)
    }

    /// Returns for each session from the `window`-th on the share of the last `window` sessions' forecasts whose close fell
    /// into the 90 % interval; empty when a forecast has no quantiles, or the sessions are fewer.
    #[must_use]
    pub fn rolling_coverage(&self, window: usize) -> Vec<(NaiveDate, f64)> {
        let mut by_date: BTreeMap<NaiveDate, (usize, usize)> = BTreeMap::new();
        for day in self.days() {
            let Some(miss) = missed(day) else { return Vec::new() };
            let (inside, all) = by_date.entry(day.row.target_date).or_default();
            *inside += usize::from(!miss);
            *all += 1;
        }
        let sessions: Vec<(NaiveDate, (usize, usize))> = by_date.into_iter().collect();
        let share = |sessions: &[(NaiveDate, (usize, usize))]| {
            let (inside, all) = sessions.iter().fold((0, 0), |sum, (_, day)| (sum.0 + day.0, sum.1 + day.1));
            Some((sessions.last()?.0, inside as f64 / all as f64))
        };
        sessions.windows(window.max(1)).filter_map(share).collect()
    }

    /// Returns by symbol the mean CRPS over `base`'s, the best first. Symbols on which either is 0 have none.
    #[must_use]
    pub fn relative_crps(&self, base: &ModelDays<'_>) -> Vec<(&Symbol, f64)> {
        let mut ratios: Vec<(&Symbol, f64)> =
            self.crps_pairs(base).into_iter().map(|(symbol, (ours, theirs))| (symbol, ours / theirs)).collect();
        ratios.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        ratios
    }

    /// Returns for each month, by its first day, the geometric mean over symbols of the CRPS over `base`'s.
    ///
    /// # Errors
    /// [`EvalError`] when a ratio is too large to be represented.
    pub fn monthly_relative_crps(&self, base: &ModelDays<'_>) -> Result<Vec<(NaiveDate, f64)>, EvalError> {
        let mut months: BTreeMap<NaiveDate, Vec<(f64, f64)>> = BTreeMap::new();
        for (ours, theirs) in self.symbols.iter().filter_map(|days| Some((days, base.symbol(days.symbol)?))) {
            let theirs: BTreeMap<NaiveDate, f64> = theirs.monthly_crps().into_iter().collect();
            for (month, ours) in ours.monthly_crps() {
                months.entry(month).or_default().extend(theirs.get(&month).map(|&theirs| (ours, theirs)));
            }
        }
        let mut means = Vec::with_capacity(months.len());
        for (month, mut pairs) in months {
            pairs.retain(has_ratio);
            if !pairs.is_empty() {
                means.push((month, geometric_mean_ratio(&pairs)?.ratio));
            }
        }
        Ok(means)
    }

    /// Returns by symbol our mean CRPS and `base`'s, where both have one and neither is 0.
    pub(super) fn crps_pairs(&self, base: &ModelDays<'_>) -> Vec<(&Symbol, (f64, f64))> {
        let pair = |ours: &SymbolDays<'_>| {
            let theirs = base.symbol(ours.symbol)?.crps()?;
            Some((mean(ours.crps()?.into_iter()), mean(theirs.into_iter())))
        };
        let pairs = self.symbols.iter().filter_map(|days| Some((days.symbol, pair(days)?)));
        pairs.filter(|(_, pair)| has_ratio(pair)).collect()
    }
}

impl SymbolDays<'_> {
    /// Returns the mean CRPS of each month, by its first day; nothing of a month in which a day has no quantiles.
    fn monthly_crps(&self) -> Vec<(NaiveDate, f64)> {
        let month = |day: &Day<'_>| day.row.target_date.with_day(1);
        let months = self.days.chunk_by(|one, other| month(one) == month(other));
        let mean_of = |days: &[Day<'_>]| {
            let scores: Vec<f64> = days.iter().map(|day| day.crps).collect::<Option<_>>()?;
            Some((month(days.first()?)?, mean(scores.into_iter())))
        };
        months.filter_map(mean_of).collect()
    }
}

fn has_ratio(&(ours, theirs): &(f64, f64)) -> bool {
    ours > 0.0 && theirs > 0.0
}
