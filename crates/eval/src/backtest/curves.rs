//! Curves for charts: results by level, by symbol and over time.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use closecast_domain::Symbol;

use super::{
    panel::{Day, ModelDays, SymbolDays},
    score::missed,
};
use crate::{EvalError, VENTILES, central_misses, geometric_mean_ratio, summation::mean};

impl ModelDays<'_> {
    /// Returns the probabilities of the central intervals between two ventiles, from 0.1 to 0.9, each with its coverage over all
    /// forecasts; empty if a forecast has no quantiles.
    ///
    /// # Errors
    /// [`EvalError`] without forecasts.
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

    /// Returns the rolling coverage of the 90 % interval over `window` sessions, from the `window`-th session on; empty if a
    /// forecast has no quantiles or there are fewer sessions.
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

    /// Returns the relative CRPS to `base` by symbol, best first. Symbols on which either CRPS is 0 are left out.
    #[must_use]
    pub fn relative_crps(&self, base: &ModelDays<'_>) -> Vec<(&Symbol, f64)> {
        let mut ratios: Vec<(&Symbol, f64)> =
            self.crps_pairs(base).into_iter().map(|(symbol, (ours, theirs))| (symbol, ours / theirs)).collect();
        ratios.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        ratios
    }

    /// Returns the geometric mean over symbols of the relative CRPS to `base`, for each month by its first day.
    ///
    /// # Errors
    /// [`EvalError`] when a ratio overflows.
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

    /// Returns the mean CRPS of this model and of `base` by symbol, where both exist and neither is 0.
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
    /// Returns the mean CRPS of each month by its first day, without months in which a day has no quantiles.
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
