//! Where the forecasts were good: by year, and on quiet and on wild days.

use std::collections::BTreeMap;

use chrono::Datelike;
use closecast_domain::Symbol;

use super::row::BacktestRow;
use super::score::{ModelScore, scores};
use crate::EvalError;

/// The figures on some of the days.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Which days: `2023`, or `quiet`, `ordinary` and `wild` days.
    pub days: String,
    /// Figures of every model.
    pub scores: Vec<ModelScore>,
}

/// Returns the figures by year of the target, and by thirds of each symbol's days in order of their volatility.
///
/// # Errors
/// [`EvalError`] as for [`scores`].
pub fn slices(rows: &[BacktestRow]) -> Result<Vec<Slice>, EvalError> {
    let mut parts: BTreeMap<(usize, String), Vec<BacktestRow>> = BTreeMap::new();
    let borders = tercile_borders(rows);
    for row in rows {
        let year = row.target_date.year().to_string();
        parts.entry((0, year)).or_default().push(row.clone());
        let (lower, upper) = borders[&row.symbol];
        let (place, name) = match row.volatility {
            v if v <= lower => (1, "quiet"),
            v if v <= upper => (2, "ordinary"),
            _ => (3, "wild"),
        };
        parts.entry((place, name.to_owned())).or_default().push(row.clone());
    }
    parts.into_iter().map(|((_, days), rows)| Ok(Slice { days, scores: scores(&rows)? })).collect()
}

/// Returns the volatilities that cut each symbol's days into thirds.
fn tercile_borders(rows: &[BacktestRow]) -> BTreeMap<&Symbol, (f64, f64)> {
    let mut all: BTreeMap<&Symbol, Vec<f64>> = BTreeMap::new();
    for row in rows {
        all.entry(&row.symbol).or_default().push(row.volatility);
    }
    let borders = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values[values.len() / 3], values[2 * values.len() / 3])
    };
    all.into_iter().map(|(symbol, values)| (symbol, borders(values))).collect()
}
