//! Comparison of champion, challenger and naive forecast on every day.

use std::{collections::HashSet, sync::Arc};

use chrono::NaiveDate;
use closecast_domain::{
    Cancel, Forecast, ForecastError, Forecaster, History, ModelRef, NoProgress, Predict, Symbol, TrainingCutoff,
};
use rayon::prelude::*;

use super::days::{Recent, recent};
use super::evidence::{Evidence, Refusal, Side};
use super::figures::{CHALLENGER, CHAMPION, Measured, NAIVE, measure};
use super::verdict::verdict;
use crate::{
    EvalError, Naive,
    backtest::{BacktestRow, Day, leaking_origin, rows_of, volatilities},
};

/// A model to compare.
#[derive(Clone, Copy)]
pub struct ComparedModel<'a> {
    /// The model.
    pub model: &'a (dyn Predict + Sync),
    /// Its name and hash.
    pub name: &'a ModelRef,
    /// Last sessions that its weights and intervals were fitted on.
    pub seen: TrainingCutoff,
}

/// Why models cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    /// There is no history.
    #[error("there is no price history to compare the models on: fetch or import the symbols that they forecast")]
    NoHistory,
    /// The forecasts cannot be scored.
    #[error(transparent)]
    Measure(#[from] EvalError),
    /// The comparison was cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// Compares `challenger` with `champion` and naive: all three forecast the next session from the same histories, cut off at each
/// origin, for the newest `sessions` sessions that neither model was trained on.
///
/// `histories` are those of the symbols that the champion serves, one each, with their markets if the models use them; of two
/// histories of one symbol the first counts. Symbols that either model cannot forecast are left out of the figures and reported.
/// A model whose forecasts depend on later days counts as unable to forecast.
///
/// # Errors
/// [`PromotionError`] without a history, when a figure overflows, or the comparison is cancelled.
pub fn compare(
    champion: ComparedModel<'_>,
    challenger: ComparedModel<'_>,
    histories: &[History],
    sessions: usize,
    cancel: &Cancel,
) -> Result<Evidence, PromotionError> {
    let mut symbols = HashSet::new();
    let histories: Vec<History> =
        histories.iter().filter(|history| symbols.insert(history.symbol())).cloned().collect();
    if histories.is_empty() {
        return Err(PromotionError::NoHistory);
    }
    let days = recent(&histories, champion.seen, challenger.seen, sessions);
    let made = match days.first {
        Some(first) => forecasts(first, [champion, challenger], &histories, cancel)?,
        None => Made::default(),
    };
    Ok(evidence([champion, challenger], days, measure(&made.rows)?, made))
}

fn evidence([champion, challenger]: [ComparedModel<'_>; 2], days: Recent, measured: Measured, made: Made) -> Evidence {
    let [champions, challengers, naives] = made.refusals;
    let side = |rival: ComparedModel<'_>, figures, refusals| Side {
        model: rival.name.clone(),
        seen: rival.seen,
        figures,
        refusals,
    };
    let champion = side(champion, measured.champion, champions);
    let challenger = side(challenger, measured.challenger, challengers);
    let left_out = |refusal: &Refusal| format!("{} is left out: {}", refusal.symbol, refusal.reason);
    Evidence {
        verdict: verdict(&champion, &challenger, measured.sessions),
        symbols: measured.symbols,
        sessions: measured.sessions,
        pairs: measured.pairs,
        days: measured.days,
        naive: measured.naive,
        crps: measured.crps,
        mae: measured.mae,
        crps_p_value: measured.crps_p_value,
        mae_p_value: measured.mae_p_value,
        notes: days.note.into_iter().chain(naives.iter().map(left_out)).collect(),
        champion,
        challenger,
    }
}

/// Forecasts of one symbol by champion, challenger and naive, or the reason of a failure.
type OfSymbol = (Symbol, [Result<Vec<BacktestRow>, String>; 3]);

/// Forecasts of all three models, and the symbols that each could not forecast.
#[derive(Default)]
struct Made {
    rows: Vec<BacktestRow>,
    refusals: [Vec<Refusal>; 3],
}

fn forecasts(
    first: NaiveDate,
    [champion, challenger]: [ComparedModel<'_>; 2],
    histories: &[History],
    cancel: &Cancel,
) -> Result<Made, PromotionError> {
    let models: [(&str, &(dyn Predict + Sync)); 3] =
        [(CHAMPION, champion.model), (CHALLENGER, challenger.model), (NAIVE, &RefittedNaive)];
    let of_symbol = |history: &History| {
        let forecast = |(name, model): (&str, &(dyn Predict + Sync))| {
            if cancel.is_cancelled() { Err(PromotionError::Cancelled) } else { Ok(rows(name, model, history, first)) }
        };
        let [a, b, c] = models.map(forecast);
        Ok((history.symbol().clone(), [a?, b?, c?]))
    };
    let all: Vec<OfSymbol> = histories.par_iter().map(of_symbol).collect::<Result<_, PromotionError>>()?;
    let mut made = Made::default();
    for (symbol, results) in all {
        for (place, result) in results.into_iter().enumerate() {
            match result {
                Ok(rows) => made.rows.extend(rows),
                Err(reason) => made.refusals[place].push(Refusal { symbol: symbol.clone(), reason }),
            }
        }
    }
    Ok(made)
}

/// Returns the forecasts of every session of `history` from `first` on with a long enough past, or the reason of a failure.
fn rows(name: &str, model: &dyn Predict, history: &History, first: NaiveDate) -> Result<Vec<BacktestRow>, String> {
    let bars = history.bars();
    let target = bars.partition_point(|bar| bar.date < first).max(1);
    if target >= bars.len() {
        return Ok(Vec::new());
    }
    // The newest close is only a target.
    let known = history.first_bars(bars.len() - 1).map_err(|error| error.to_string())?;
    let (start, forecasts) = predict(model, &known, target - 1).map_err(|error| error.to_string())?;
    match leaking_origin(model, &known, start, &forecasts) {
        Ok(None) => {}
        Ok(Some(origin)) => {
            return Err(format!(
                "its forecast made on {} changes when the days after it are removed",
                bars[origin].date
            ));
        }
        Err(error) => return Err(error.to_string()),
    }
    let (name, volatility): (Arc<str>, _) = (name.into(), volatilities(history));
    let of_origin = |(forecast, origin): (&Forecast, usize)| {
        rows_of(&name, history, (origin, bars.len()), volatility[origin], forecast, 1)
    };
    let rows: Vec<BacktestRow> = forecasts.iter().zip(start..).flat_map(of_origin).collect();
    if rows.len() != known.len() - start {
        return Err("it does not forecast the next session of every origin".to_owned());
    }
    match rows.iter().find_map(|row| Some((row.target_date, Day::new(row).err()?))) {
        Some((date, error)) => Err(format!("its forecast of {date} cannot be scored: {error}")),
        None => Ok(rows),
    }
}

/// Returns the forecasts from each origin from `start` to the end of `known`; if the past of the first ones is too short, from
/// the first origin with a long enough past.
fn predict(model: &dyn Predict, known: &History, start: usize) -> Result<(usize, Vec<Forecast>), ForecastError> {
    match model.predict_each(known, start..known.len()) {
        Err(ForecastError::TooShort { need, .. }) if (start + 2..=known.len()).contains(&need) => {
            Ok((need - 1, model.predict_each(known, need - 1..known.len())?))
        }
        forecasts => Ok((start, forecasts?)),
    }
}

/// The naive forecast with its interval refitted at every origin.
struct RefittedNaive;

impl Predict for RefittedNaive {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        Naive { horizon: 1 }.fit(history, &Cancel::new(), &NoProgress)?.predict(history)
    }
}
