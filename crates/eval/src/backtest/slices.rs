//! Scores by year and by volatility.

use std::collections::BTreeMap;

use chrono::Datelike;
use closecast_domain::Symbol;

use super::panel::Panel;
use super::row::BacktestRow;
use super::score::{ModelScore, TESTED_INDEX};
use crate::EvalError;

/// Names of the terciles of each symbol's days by volatility.
const THIRDS: [&str; 3] = ["quiet", "ordinary", "wild"];

/// Scores on a subset of the days.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Name of the subset: a year such as `2023`, or `quiet`, `ordinary` or `wild`.
    pub days: String,
    /// Scores of every model.
    pub scores: Vec<ModelScore>,
}

/// Returns the scores by year of the target, and by volatility terciles of each symbol's days.
///
/// The days of a tercile are not consecutive, so Christoffersen's tests, which depend on the previous day, are left out there.
///
/// # Errors
/// [`EvalError`] as for [`scores`](super::scores).
pub fn slices(rows: &[BacktestRow], reference: Option<&str>) -> Result<Vec<Slice>, EvalError> {
    let mut years: BTreeMap<i32, Vec<&BacktestRow>> = BTreeMap::new();
    let mut thirds: [Vec<&BacktestRow>; THIRDS.len()] = Default::default();
    let borders = tercile_borders(rows);
    for row in rows {
        years.entry(row.target_date.year()).or_default().push(row);
        let place =
            borders.get(&row.symbol).map_or(0, |borders| borders.iter().filter(|b| row.volatility > **b).count());
        thirds[place].push(row);
    }
    let mut slices = Vec::with_capacity(years.len() + THIRDS.len());
    for (year, rows) in years {
        slices.push(Slice { days: year.to_string(), scores: Panel::new(rows)?.scores(reference)? });
    }
    for (name, rows) in THIRDS.into_iter().zip(thirds) {
        let mut scores = Panel::new(rows)?.scores(reference)?;
        scores.iter_mut().for_each(drop_serial_tests);
        slices.push(Slice { days: name.to_owned(), scores });
    }
    Ok(slices)
}

/// Returns the volatility tercile with the lowest coverage of a model's 90 % interval, and that coverage.
#[must_use]
pub fn worst_volatility<'a>(slices: &'a [Slice], model: &str, horizon: usize) -> Option<(&'a str, f64)> {
    let thirds = slices.iter().filter(|slice| THIRDS.contains(&&*slice.days));
    let held = |slice: &'a Slice| {
        let score = slice.scores.iter().find(|score| score.model == model && score.horizon == horizon)?;
        Some((&*slice.days, score.calibration.as_ref()?.coverage.shares()[TESTED_INDEX]?))
    };
    thirds.filter_map(held).min_by(|(_, one), (_, other)| one.total_cmp(other))
}

/// Removes the tests that require consecutive days.
fn drop_serial_tests(score: &mut ModelScore) {
    if let Some(calibration) = &mut score.calibration {
        calibration.conditional_rejected = None;
    }
    for calibration in score.symbols.iter_mut().filter_map(|symbol| symbol.calibration.as_mut()) {
        (calibration.independence_p_value, calibration.conditional_p_value) = (None, None);
    }
}

/// Returns the tercile boundaries of each symbol's volatilities.
fn tercile_borders(rows: &[BacktestRow]) -> BTreeMap<&Symbol, [f64; 2]> {
    let mut all: BTreeMap<&Symbol, Vec<f64>> = BTreeMap::new();
    for row in rows {
        all.entry(&row.symbol).or_default().push(row.volatility);
    }
    let borders = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        [values[values.len() / 3], values[2 * values.len() / 3]]
    };
    all.into_iter().map(|(symbol, values)| (symbol, borders(values))).collect()
}
