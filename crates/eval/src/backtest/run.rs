//! Runs a backtest by fold, model and symbol.

use std::sync::Arc;

use chrono::NaiveDate;
use closecast_domain::{Cancel, Forecast, ForecastError, History, NoProgress, Predict, Symbol};
use rayon::prelude::*;

use super::candidate::Candidate;
use super::leak::leaking_origin;
use super::panel::Day;
use super::plan::{Fold, Plan};
use super::row::BacktestRow;
use crate::VENTILES;

/// Minimum number of sessions of a symbol before a fold: a year.
const MIN_HISTORY: usize = 252;

/// Decay of the volatility by which days are grouped (RiskMetrics 1996).
const DECAY: f64 = 0.94;

/// Results of a backtest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backtest {
    /// All forecasts, by model, symbol and date within each fold.
    pub rows: Vec<BacktestRow>,
    /// Symbols that were not forecast, with reasons.
    pub skipped: Vec<Skipped>,
}

/// A symbol that a model did not forecast in a fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Model.
    pub model: String,
    /// Symbol.
    pub symbol: Symbol,
    /// First session of the fold.
    pub fold: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Why a backtest failed.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A model could not be fitted.
    #[error("{model} could not be fitted before {fold}: {source}")]
    Fit {
        /// Model.
        model: String,
        /// First session of the fold.
        fold: NaiveDate,
        /// Why.
        source: ForecastError,
    },
    /// A forecast depends on later days.
    #[error(
        "{model} reads the future: its forecast of {symbol} made on {date} changes when the days after it are removed. \
         No result of it can be trusted"
    )]
    Leak {
        /// Model.
        model: String,
        /// Symbol.
        symbol: Symbol,
        /// Day of the forecast.
        date: NaiveDate,
    },
    /// The backtest was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// Finished folds cannot be stored or loaded.
    #[error("the backtest's intermediate results: {0}")]
    Store(String),
}

/// Receives progress reports. Called from worker threads.
pub trait BacktestProgress: Sync {
    /// Reports that `done` of `all` pairs of fold and model are finished.
    fn report(&self, done: usize, all: usize);
}

impl BacktestProgress for NoProgress {
    fn report(&self, _done: usize, _all: usize) {}
}

/// Stores finished folds, so that an interrupted backtest can resume.
pub trait FoldStore: Sync {
    /// Loads the results of a fold and a model.
    ///
    /// # Errors
    /// [`BacktestError::Store`] when they exist and cannot be read.
    fn load(&self, fold: &Fold, model: &str) -> Result<Option<Backtest>, BacktestError>;

    /// Saves the results of a fold and a model.
    ///
    /// # Errors
    /// [`BacktestError::Store`] when they cannot be written.
    fn save(&self, fold: &Fold, model: &str, part: &Backtest) -> Result<(), BacktestError>;
}

/// Stores nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStore;

impl FoldStore for NoStore {
    fn load(&self, _fold: &Fold, _model: &str) -> Result<Option<Backtest>, BacktestError> {
        Ok(None)
    }

    fn save(&self, _fold: &Fold, _model: &str, _part: &Backtest) -> Result<(), BacktestError> {
        Ok(())
    }
}

/// Runs the backtest: before every fold each model is fitted to the earlier data of `histories`, which are forecast, and of
/// `also`, which are only used for training.
///
/// A symbol without a year of sessions before a fold is not forecast in it. Forecasts are checked for look-ahead.
///
/// # Errors
/// [`BacktestError`] when a model cannot be fitted or reads the future, the work is cancelled, or `store` fails.
pub fn run(
    plan: &Plan,
    (histories, also): (&[History], &[History]),
    candidates: &[Candidate],
    store: &dyn FoldStore,
    cancel: &Cancel,
    progress: &dyn BacktestProgress,
) -> Result<Backtest, BacktestError> {
    let mut all = Backtest::default();
    let (mut done, parts) = (0, plan.folds.len() * candidates.len());
    for fold in &plan.folds {
        let mut known = None;
        for candidate in candidates {
            let part = match store.load(fold, &candidate.name)? {
                Some(part) => part,
                None => {
                    let (known, own) = known.get_or_insert_with(|| before(fold.first, histories, also));
                    // Models fitted per symbol do not use symbols that are not forecast.
                    let known = if candidate.per_symbol { &known[..*own] } else { &known[..] };
                    let part = run_part(plan, fold, candidate, (histories, known), cancel)?;
                    store.save(fold, &candidate.name, &part)?;
                    part
                }
            };
            all.rows.extend(part.rows);
            all.skipped.extend(part.skipped);
            done += 1;
            progress.report(done, parts);
        }
    }
    Ok(all)
}

/// Returns all histories up to the session before `date`, and how many of them, the first ones, are forecast.
fn before(date: NaiveDate, histories: &[History], also: &[History]) -> (Vec<History>, usize) {
    let cut = |history: &History| history.between(None, date.pred_opt()).ok();
    let mut known: Vec<History> = histories.iter().filter_map(cut).collect();
    let own = known.len();
    known.extend(also.iter().filter_map(cut));
    (known, own)
}

fn run_part(
    plan: &Plan,
    fold: &Fold,
    candidate: &Candidate,
    (histories, known): (&[History], &[History]),
    cancel: &Cancel,
) -> Result<Backtest, BacktestError> {
    let name: Arc<str> = candidate.name.as_str().into();
    let fitted = candidate.forecaster.fit_panel(known, cancel, &NoProgress).map_err(|source| match source {
        ForecastError::Cancelled => BacktestError::Cancelled,
        source => BacktestError::Fit { model: candidate.name.clone(), fold: fold.first, source },
    })?;
    let forecast = |history: &History| {
        if cancel.is_cancelled() {
            return Err(BacktestError::Cancelled);
        }
        forecast_symbol(plan, fold, &name, fitted.as_ref(), history)
    };
    let parts: Vec<Backtest> = histories.par_iter().map(forecast).collect::<Result<_, _>>()?;
    let mut all = Backtest::default();
    for part in parts {
        all.rows.extend(part.rows);
        all.skipped.extend(part.skipped);
    }
    Ok(all)
}

fn forecast_symbol(
    plan: &Plan,
    fold: &Fold,
    name: &Arc<str>,
    model: &dyn Predict,
    history: &History,
) -> Result<Backtest, BacktestError> {
    let bars = history.bars();
    let first = bars.partition_point(|bar| bar.date < fold.first);
    let end = bars.partition_point(|bar| bar.date <= fold.last);
    let skip = |reason: String| {
        let (model, symbol) = (name.to_string(), history.symbol().clone());
        Ok(Backtest { rows: Vec::new(), skipped: vec![Skipped { model, symbol, fold: fold.first, reason }] })
    };
    if first >= end {
        // A symbol without sessions in this fold may have some in others; an ended history is reported once.
        let is_over = history.last().date < fold.first && plan.folds.first().is_some_and(|one| one.first == fold.first);
        return if is_over { skip(format!("it ends on {}", history.last().date)) } else { Ok(Backtest::default()) };
    }
    if first < MIN_HISTORY {
        return skip(format!("{first} sessions before it, {MIN_HISTORY} are needed"));
    }
    // From the session before the fold's first session to the one before its last.
    let origins = first - 1..end - 1;
    let forecasts = match model.predict_each(history, origins.clone()) {
        Ok(forecasts) => forecasts,
        Err(error) => return skip(error.to_string()),
    };
    match leaking_origin(model, history, origins.start, &forecasts) {
        Ok(None) => {}
        Ok(Some(origin)) => {
            let (model, symbol) = (name.to_string(), history.symbol().clone());
            return Err(BacktestError::Leak { model, symbol, date: bars[origin].date });
        }
        Err(error) => return skip(error.to_string()),
    }
    let volatility = volatilities(history);
    let known = plan.last().map_or(bars.len(), |last| bars.partition_point(|bar| bar.date <= last));
    let rows = forecasts.iter().zip(origins).flat_map(|(forecast, origin)| {
        rows_of(name, history, (origin, known), volatility[origin], forecast, plan.spec.horizon)
    });
    let rows: Vec<BacktestRow> = rows.collect();
    // One forecast without a score would make the score of the whole backtest undefined.
    match rows.iter().find_map(|row| Some((row.target_date, Day::new(row).err()?))) {
        Some((date, error)) => skip(format!("its forecast of {date} cannot be scored: {error}")),
        None => Ok(Backtest { rows, skipped: Vec::new() }),
    }
}

/// Returns a row for every forecast session whose close is `known`. The target is the actual session, even if the calendar
/// expected another.
pub(crate) fn rows_of(
    name: &Arc<str>,
    history: &History,
    (origin, known): (usize, usize),
    volatility: f64,
    forecast: &Forecast,
    horizon: usize,
) -> Vec<BacktestRow> {
    let bars = history.bars();
    let last = &bars[origin];
    let row = |(session, ahead): (&closecast_domain::SessionForecast, usize)| {
        let target = bars[..known].get(origin + ahead)?;
        Some(BacktestRow {
            model: name.clone(),
            symbol: history.symbol().clone(),
            origin_date: last.date,
            target_date: target.date,
            horizon: ahead,
            last_close: last.raw_close,
            actual: last.raw_close * target.close / last.close,
            point: session.point,
            quantiles: VENTILES.iter().map_while(|&level| session.quantile(level)).collect(),
            interval_95: session.interval(0.95),
            volatility,
        })
    };
    forecast.sessions.iter().take(horizon).zip(1..).filter_map(row).collect()
}

/// Returns the EWMA volatility known after the close of every day.
pub(crate) fn volatilities(history: &History) -> Vec<f64> {
    let returns = history.log_returns();
    let early = &returns[..returns.len().min(60)];
    let mut variance = early.iter().map(|r| r * r).sum::<f64>() / early.len().max(1) as f64;
    let mut all = vec![variance.sqrt()];
    for r in returns {
        variance = DECAY * variance + (1.0 - DECAY) * r * r;
        all.push(variance.sqrt());
    }
    all
}
