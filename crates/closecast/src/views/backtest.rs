//! A backtest as machines read it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use closecast_domain::Symbol;
use closecast_eval::backtest::{ModelScore, Skipped, SymbolScore};
use serde::Serialize;

/// Figures of a model at one horizon. Ratios are geometric means over symbols; below 1 is better.
#[derive(Serialize)]
pub(crate) struct ScoreView {
    model: String,
    horizon: usize,
    relative_mae: Option<f64>,
    /// By the name of the other model.
    relative_crps: BTreeMap<String, f64>,
    /// Share of symbols with a lower CRPS than the other model's.
    share_better: BTreeMap<String, f64>,
    coverage_50: Option<f64>,
    coverage_80: Option<f64>,
    coverage_90: Option<f64>,
    worst_coverage_90: Option<f64>,
    symbols: Vec<SymbolScoreView>,
}

#[derive(Serialize)]
struct SymbolScoreView {
    symbol: Symbol,
    days: usize,
    relative_mae: Option<f64>,
    dm_p_value: Option<f64>,
    crps: Option<f64>,
    coverage_90: Option<f64>,
    directional_accuracy: Option<f64>,
    lag_one_copy: Option<f64>,
}

/// The figures on some of the days.
#[derive(Serialize)]
pub(crate) struct SliceView {
    pub(crate) days: String,
    pub(crate) scores: Vec<ScoreView>,
}

/// What a model did not forecast.
#[derive(Serialize)]
pub(crate) struct SkippedView {
    model: String,
    symbol: Symbol,
    fold: NaiveDate,
    reason: String,
}

impl From<&Skipped> for SkippedView {
    fn from(skipped: &Skipped) -> Self {
        let Skipped { model, symbol, fold, reason } = skipped.clone();
        Self { model, symbol, fold, reason }
    }
}

/// Returns the view of a score.
pub(crate) fn score_view(score: &ModelScore) -> ScoreView {
    let covered = |at: usize| score.coverage.map(|shares| shares[at]);
    ScoreView {
        model: score.model.clone(),
        horizon: score.horizon,
        relative_mae: score.relative_mae,
        relative_crps: score.relative_crps.clone(),
        share_better: score.share_better.clone(),
        coverage_50: covered(0),
        coverage_80: covered(1),
        coverage_90: covered(2),
        worst_coverage_90: score.worst_coverage,
        symbols: score.symbols.iter().map(symbol_view).collect(),
    }
}

fn symbol_view(score: &SymbolScore) -> SymbolScoreView {
    SymbolScoreView {
        symbol: score.symbol.clone(),
        days: score.days,
        relative_mae: score.relative_mae,
        dm_p_value: score.dm_p_value,
        crps: score.crps,
        coverage_90: score.coverage.map(|shares| shares[2]),
        directional_accuracy: score.directional_accuracy,
        lag_one_copy: score.lag_one_copy,
    }
}
