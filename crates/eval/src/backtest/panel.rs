//! The forecasts of all models on common days, as input of scores and curves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use closecast_domain::Symbol;

use super::row::BacktestRow;
use crate::{EvalError, VENTILES, crps_of_quantiles, error::check_lists, pinball};

/// Levels of the quantiles, including the ends of the 95 % interval.
const WITH_95: [f64; VENTILES.len() + 2] = {
    let mut levels = [0.025; VENTILES.len() + 2];
    let (ventiles, last) = levels.split_at_mut(VENTILES.len() + 1);
    ventiles.split_at_mut(1).1.copy_from_slice(&VENTILES);
    last[0] = 0.975;
    levels
};

/// Comparable forecasts: for each symbol and horizon, the days that every model forecast.
#[derive(Clone, Debug)]
pub struct Panel<'a> {
    /// By model, in order of appearance, and horizon.
    pub models: Vec<ModelDays<'a>>,
}

/// The forecasts of one model at one horizon.
#[derive(Clone, Debug)]
pub struct ModelDays<'a> {
    /// Name of the model.
    pub model: &'a str,
    /// Sessions ahead.
    pub horizon: usize,
    /// In alphabetical order.
    pub symbols: Vec<SymbolDays<'a>>,
}

/// The forecasts of one symbol.
#[derive(Clone, Debug)]
pub struct SymbolDays<'a> {
    /// Symbol.
    pub symbol: &'a Symbol,
    /// In chronological order.
    pub days: Vec<Day<'a>>,
}

/// A forecast in log returns, comparable across symbols.
#[derive(Clone, Debug)]
pub struct Day<'a> {
    /// The forecast in prices.
    pub row: &'a BacktestRow,
    /// Realised log return.
    pub(crate) realised: f64,
    /// Forecast log return.
    pub(crate) forecast: f64,
    /// Quantiles at [`Day::levels`]; empty without quantiles.
    quantiles: Vec<f64>,
    /// Continuous ranked probability score; `None` without quantiles.
    pub(crate) crps: Option<f64>,
}

impl<'a> Day<'a> {
    /// Converts a row to log returns.
    ///
    /// # Errors
    /// [`EvalError`] when a price is not positive or quantiles descend: such a forecast has no score.
    pub(crate) fn new(row: &'a BacktestRow) -> Result<Self, EvalError> {
        let (realised, forecast) = (row.realised(), row.forecast());
        check_lists(&[("the realised return", &[realised]), ("the forecast return", &[forecast])])?;
        let quantiles = row.log_quantiles();
        let mut day = Self { row, realised, forecast, quantiles, crps: None };
        if day.quantiles.len() < VENTILES.len() {
            day.quantiles.clear();
            return Ok(day);
        }
        // The score uses the ventiles only, so that it is comparable. The outer quantiles are checked.
        pinball(day.levels(), &day.quantiles, realised)?;
        day.crps = Some(crps_of_quantiles(&VENTILES, day.ventiles(), realised)?);
        Ok(day)
    }

    /// Returns the levels of all known quantiles.
    pub(super) fn levels(&self) -> &'static [f64] {
        if self.quantiles.len() == WITH_95.len() { &WITH_95 } else { &VENTILES }
    }

    /// Returns the quantiles at [`Day::levels`].
    pub(super) fn quantiles(&self) -> &[f64] {
        &self.quantiles
    }

    /// Returns the quantiles at [`VENTILES`]; empty without quantiles.
    pub(crate) fn ventiles(&self) -> &[f64] {
        let outer = self.quantiles.len().saturating_sub(VENTILES.len()) / 2;
        &self.quantiles[outer..self.quantiles.len() - outer]
    }
}

impl ModelDays<'_> {
    /// Returns all forecasts, by symbol.
    pub(crate) fn days(&self) -> impl Iterator<Item = &Day<'_>> {
        self.symbols.iter().flat_map(|symbol| &symbol.days)
    }

    /// Returns the forecasts of a symbol.
    #[must_use]
    pub fn symbol(&self, symbol: &Symbol) -> Option<&SymbolDays<'_>> {
        self.symbols.iter().find(|days| days.symbol == symbol)
    }
}

impl<'a> Panel<'a> {
    /// Keeps the days, symbols and horizons that every model forecast.
    ///
    /// # Errors
    /// [`EvalError`] when a price is not positive or the quantiles of a row descend.
    pub fn new(rows: impl IntoIterator<Item = &'a BacktestRow>) -> Result<Self, EvalError> {
        let rows: Vec<&BacktestRow> = rows.into_iter().collect();
        let common = common_days(&rows);
        let mut order: Vec<&str> = Vec::new();
        let mut sorted: BTreeMap<(usize, usize, &Symbol), Vec<Day<'a>>> = BTreeMap::new();
        for row in rows.into_iter().filter(|row| common.contains(&key(row))) {
            let place = order.iter().position(|name| **name == *row.model).unwrap_or_else(|| {
                order.push(&row.model);
                order.len() - 1
            });
            sorted.entry((place, row.horizon, &row.symbol)).or_default().push(Day::new(row)?);
        }
        let mut models: Vec<ModelDays<'a>> = Vec::new();
        for ((place, horizon, symbol), mut days) in sorted {
            days.sort_by_key(|day| day.row.target_date);
            let days = SymbolDays { symbol, days };
            match models.last_mut() {
                Some(last) if last.model == order[place] && last.horizon == horizon => last.symbols.push(days),
                _ => models.push(ModelDays { model: order[place], horizon, symbols: vec![days] }),
            }
        }
        Ok(Self { models })
    }

    /// Returns the forecasts of a model.
    #[must_use]
    pub fn model(&self, model: &str, horizon: usize) -> Option<&ModelDays<'a>> {
        self.models.iter().find(|days| days.model == model && days.horizon == horizon)
    }
}

type Key<'a> = (usize, &'a Symbol, NaiveDate);

fn key(row: &BacktestRow) -> Key<'_> {
    (row.horizon, &row.symbol, row.target_date)
}

/// Returns the days that every model forecast.
fn common_days<'a>(rows: &[&'a BacktestRow]) -> BTreeSet<Key<'a>> {
    let mut forecast_by: HashMap<Key<'_>, BTreeSet<&str>> = HashMap::new();
    let mut models = BTreeSet::new();
    for row in rows {
        models.insert(&*row.model);
        forecast_by.entry(key(row)).or_default().insert(&row.model);
    }
    forecast_by.into_iter().filter(|(_, of)| of.len() == models.len()).map(|(day, _)| day).collect()
}
