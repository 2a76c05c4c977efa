//! Figures of each model, by symbol and over all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use closecast_domain::Symbol;

use super::row::BacktestRow;
use crate::{
    EvalError, Loss, VENTILES, diebold_mariano,
    metrics::{directional_accuracy, lag_one_copy, mae},
};

/// Figures of one model for one symbol. Errors are of log returns, so that symbols can be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct SymbolScore {
    /// Symbol.
    pub symbol: Symbol,
    /// Sessions forecast.
    pub days: usize,
    /// Mean absolute error over naive's on the same days; `None` when naive made none.
    pub relative_mae: Option<f64>,
    /// Diebold–Mariano p-value of the absolute errors against naive's.
    pub dm_p_value: Option<f64>,
    /// Mean CRPS, in log returns; `None` without quantiles.
    pub crps: Option<f64>,
    /// Shares of the closes inside the central 50, 80 and 90 % interval.
    pub coverage: Option<[f64; 3]>,
    /// Share of the days whose direction was right, among those that moved and were forecast to.
    pub directional_accuracy: Option<f64>,
    /// How far the forecast is yesterday's close.
    pub lag_one_copy: Option<f64>,
}

/// Levels of the central intervals whose coverage is told.
pub(super) const INTERVALS: [f64; 3] = [0.5, 0.8, 0.9];

/// Figures of one model at one horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelScore {
    /// Name.
    pub model: String,
    /// Sessions ahead.
    pub horizon: usize,
    /// By symbol, in alphabetical order.
    pub symbols: Vec<SymbolScore>,
    /// Geometric mean over symbols of the mean absolute error over naive's.
    pub relative_mae: Option<f64>,
    /// Geometric mean over symbols of the CRPS over each other model's, by its name.
    pub relative_crps: BTreeMap<String, f64>,
    /// Share of symbols whose CRPS is lower than the other model's.
    pub share_better: BTreeMap<String, f64>,
    /// Shares of all closes inside the central 50, 80 and 90 % interval.
    pub coverage: Option<[f64; 3]>,
    /// The lowest coverage of the 90 % interval of any symbol.
    pub worst_coverage: Option<f64>,
}

/// A forecast as the scores see it, all in log returns.
struct Day {
    realised: f64,
    forecast: f64,
    quantiles: Vec<f64>,
}

type Key = (usize, Symbol);

/// Returns the figures of every model and horizon, over the days that all models forecast.
///
/// # Errors
/// [`EvalError`] when a row holds a number that is not finite.
pub fn scores(rows: &[BacktestRow]) -> Result<Vec<ModelScore>, EvalError> {
    let common = common_days(rows);
    let mut models: BTreeMap<&str, BTreeMap<Key, Vec<Day>>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|row| common.contains(&(row.horizon, &row.symbol, row.target_date))) {
        if !order.contains(&&*row.model) {
            order.push(&row.model);
        }
        let day = Day { realised: row.realised(), forecast: row.forecast(), quantiles: row.log_quantiles() };
        models.entry(&row.model).or_default().entry((row.horizon, row.symbol.clone())).or_default().push(day);
    }
    let mut scored = Vec::new();
    for model in order {
        let mut horizons: BTreeMap<usize, ModelScore> = BTreeMap::new();
        for ((horizon, symbol), days) in &models[model] {
            let score = horizons.entry(*horizon).or_insert_with(|| empty(model, *horizon));
            score.symbols.push(score_symbol(symbol, *horizon, days)?);
        }
        scored.extend(horizons.into_values());
    }
    summarise(&mut scored);
    Ok(scored)
}

/// Returns the days, symbols and horizons that every model forecast.
fn common_days(rows: &[BacktestRow]) -> BTreeSet<(usize, &Symbol, NaiveDate)> {
    let mut counts: HashMap<(usize, &Symbol, NaiveDate), BTreeSet<&str>> = HashMap::new();
    let mut models = BTreeSet::new();
    for row in rows {
        models.insert(&*row.model);
        counts.entry((row.horizon, &row.symbol, row.target_date)).or_default().insert(&row.model);
    }
    counts.into_iter().filter(|(_, of)| of.len() == models.len()).map(|(day, _)| day).collect()
}

fn empty(model: &str, horizon: usize) -> ModelScore {
    ModelScore {
        model: model.to_owned(),
        horizon,
        symbols: Vec::new(),
        relative_mae: None,
        relative_crps: BTreeMap::new(),
        share_better: BTreeMap::new(),
        coverage: None,
        worst_coverage: None,
    }
}

fn score_symbol(symbol: &Symbol, horizon: usize, days: &[Day]) -> Result<SymbolScore, EvalError> {
    let realised: Vec<f64> = days.iter().map(|day| day.realised).collect();
    let forecast: Vec<f64> = days.iter().map(|day| day.forecast).collect();
    let naive = vec![0.0; days.len()];
    let (own, of_naive) = (mae(&realised, &forecast)?, mae(&realised, &naive)?);
    let errors = |forecast: &[f64]| realised.iter().zip(forecast).map(|(r, f)| r - f).collect::<Vec<_>>();
    let test = diebold_mariano(&errors(&forecast), &errors(&naive), horizon, Loss::Absolute).ok();
    let full = days.iter().all(|day| day.quantiles.len() == VENTILES.len());
    Ok(SymbolScore {
        symbol: symbol.clone(),
        days: days.len(),
        relative_mae: (of_naive > 0.0).then(|| own / of_naive),
        dm_p_value: test.and_then(|test| test.map(|test| test.p_value)),
        crps: full.then(|| days.iter().map(crps).sum::<f64>() / days.len() as f64),
        coverage: full.then(|| INTERVALS.map(|level| inside(days, level))),
        directional_accuracy: directional_accuracy(&realised, &forecast, &naive)?.map(|share| share.value),
        lag_one_copy: lag_one_copy(&realised, &forecast, &naive)?,
    })
}

/// Twice the mean quantile loss over the ventiles.
fn crps(day: &Day) -> f64 {
    let loss = |(level, quantile): (&f64, &f64)| {
        let error = day.realised - quantile;
        (level * error).max((level - 1.0) * error)
    };
    2.0 * VENTILES.iter().zip(&day.quantiles).map(loss).sum::<f64>() / VENTILES.len() as f64
}

/// Share of the days on which the close fell into the central interval; its ends are ventiles.
fn inside(days: &[Day], level: f64) -> f64 {
    let tail = (1.0 - level) / 2.0;
    let lower = VENTILES.iter().position(|&ventile| (ventile - tail).abs() < 1e-9).unwrap_or(0);
    let upper = VENTILES.len() - 1 - lower;
    let hits = days.iter().filter(|day| (day.quantiles[lower]..=day.quantiles[upper]).contains(&day.realised));
    hits.count() as f64 / days.len() as f64
}

/// Fills in what compares models and symbols.
fn summarise(scores: &mut [ModelScore]) {
    let all: Vec<(String, usize, HashMap<Symbol, f64>)> = scores
        .iter()
        .map(|score| {
            let of = score.symbols.iter().filter_map(|one| Some((one.symbol.clone(), one.crps?)));
            (score.model.clone(), score.horizon, of.collect())
        })
        .collect();
    for (index, score) in scores.iter_mut().enumerate() {
        score.relative_mae = geometric_mean(score.symbols.iter().filter_map(|one| one.relative_mae));
        for (name, horizon, of_other) in &all {
            if *horizon != score.horizon || *name == score.model {
                continue;
            }
            let ratios: Vec<f64> =
                all[index].2.iter().filter_map(|(symbol, crps)| Some(crps / of_other.get(symbol)?)).collect();
            if let Some(mean) = geometric_mean(ratios.iter().copied()) {
                score.relative_crps.insert(name.clone(), mean);
                let better = ratios.iter().filter(|&&ratio| ratio < 1.0).count();
                score.share_better.insert(name.clone(), better as f64 / ratios.len() as f64);
            }
        }
        let covered: Vec<_> = score.symbols.iter().filter_map(|one| Some((one.coverage?, one.days as f64))).collect();
        let days: f64 = covered.iter().map(|(_, days)| days).sum();
        if days > 0.0 {
            let mean = |at: usize| covered.iter().map(|(share, days)| share[at] * days).sum::<f64>() / days;
            score.coverage = Some([mean(0), mean(1), mean(2)]);
            score.worst_coverage = covered.iter().map(|(share, _)| share[2]).reduce(f64::min);
        }
    }
}

/// Returns the geometric mean of positive numbers; `None` when there is none, or one is 0.
fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for value in values {
        sum += value.ln();
        count += 1;
    }
    let mean = (sum / f64::from(count)).exp();
    (count > 0 && mean > 0.0 && mean.is_finite()).then_some(mean)
}
