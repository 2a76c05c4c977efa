//! A backtest as machines read it.

mod symbol;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use closecast_domain::{DirectionalAccuracy, Symbol};
use closecast_eval::backtest::{self, Finding, ModelScore, OverallCalibration, Skipped, Slice};
use serde::Serialize;

use self::symbol::SymbolScoreView;
use closecast_app::use_cases::backtest::BacktestResult;

/// A backtest. Ratios are geometric means over symbols, below 1 is better; shares are in [0, 1]; errors and CRPS are of log
/// returns, those under `price_errors` of prices.
#[derive(Serialize)]
pub struct BacktestView<'a> {
    first_day: Option<NaiveDate>,
    last_day: Option<NaiveDate>,
    refits: usize,
    symbols: usize,
    reference: &'a str,
    scores: Vec<ScoreView<'a>>,
    slices: Vec<SliceView<'a>>,
    skipped: Vec<SkippedView<'a>>,
}

/// Figures of a model at one horizon.
#[derive(Serialize)]
struct ScoreView<'a> {
    #[serde(flatten)]
    overall: OverallView<'a>,
    finding_on_points: Finding,
    /// By the name of the other model.
    finding_on_distributions: BTreeMap<&'a str, Finding>,
    findings: Vec<String>,
    worst_volatility: Option<WorstView<'a>>,
    symbols: Vec<SymbolScoreView<'a>>,
}

/// The figures on some of the days.
#[derive(Serialize)]
struct SliceView<'a> {
    days: &'a str,
    scores: Vec<OverallView<'a>>,
}

/// Figures of a model over all symbols.
#[derive(Serialize)]
struct OverallView<'a> {
    model: &'a str,
    horizon: usize,
    forecasts: usize,
    relative_mae: Option<f64>,
    mae_p_value: Option<f64>,
    /// By the name of the other model, as the two below.
    relative_crps: BTreeMap<&'a str, f64>,
    /// Share of symbols with a lower CRPS than the other model's.
    share_better: BTreeMap<&'a str, f64>,
    crps_p_value: BTreeMap<&'a str, Option<f64>>,
    coverage_50: Option<f64>,
    coverage_80: Option<f64>,
    coverage_90: Option<f64>,
    coverage_95: Option<f64>,
    coverage_90_p_value: Option<f64>,
    /// Share of symbols whose 90 % interval held at least 86 % of their days.
    share_covered: Option<f64>,
    worst_symbol: Option<&'a Symbol>,
    worst_coverage_90: Option<f64>,
    /// Shares of symbols on which a test objects at 5 %.
    kupiec_rejected: Option<f64>,
    christoffersen_rejected: Option<f64>,
    pit_rejected: Option<f64>,
    pit: Option<&'a [usize]>,
    pit_p_value: Option<f64>,
    directional_accuracy: Option<DirectionalAccuracy>,
    lag_one_copy: Option<f64>,
}

/// The third of the days, by volatility, on which the 90 % interval held least.
#[derive(Serialize)]
struct WorstView<'a> {
    days: &'a str,
    coverage_90: f64,
}

/// What a model did not forecast.
#[derive(Serialize)]
struct SkippedView<'a> {
    model: &'a str,
    symbol: &'a Symbol,
    fold: NaiveDate,
    reason: &'a str,
}

impl<'a> From<&'a BacktestResult> for BacktestView<'a> {
    fn from(result: &'a BacktestResult) -> Self {
        let score = |score: &'a ModelScore| score_view(score, &result.slices);
        let slice =
            |slice: &'a Slice| SliceView { days: &slice.days, scores: slice.scores.iter().map(overall_view).collect() };
        Self {
            first_day: result.plan.folds.first().map(|fold| fold.first),
            last_day: result.plan.last(),
            refits: result.plan.folds.len(),
            symbols: result.symbols,
            reference: &result.reference,
            scores: result.scores.iter().map(score).collect(),
            slices: result.slices.iter().map(slice).collect(),
            skipped: result.backtest.skipped.iter().map(skipped_view).collect(),
        }
    }
}

fn score_view<'a>(score: &'a ModelScore, slices: &'a [Slice]) -> ScoreView<'a> {
    let others: Vec<&str> = score.against.keys().map(String::as_str).collect();
    let worst = backtest::worst_volatility(slices, &score.model, score.horizon);
    let finding = |other: &'a String| Some((other.as_str(), score.finding_on_distributions(other)?));
    ScoreView {
        overall: overall_view(score),
        finding_on_points: score.finding_on_points(),
        finding_on_distributions: score.against.keys().filter_map(finding).collect(),
        findings: backtest::findings(score, &others),
        worst_volatility: worst.map(|(days, coverage_90)| WorstView { days, coverage_90 }),
        symbols: score.symbols.iter().map(SymbolScoreView::from).collect(),
    }
}

fn overall_view(score: &ModelScore) -> OverallView<'_> {
    let calibration = score.calibration.as_ref();
    let figure = |of: fn(&OverallCalibration) -> Option<f64>| calibration.and_then(of);
    let [coverage_50, coverage_80, coverage_90, coverage_95] =
        calibration.map_or([None; 4], |calibration| calibration.coverage.shares());
    let against = || score.against.iter().map(|(other, against)| (other.as_str(), against));
    OverallView {
        model: &score.model,
        horizon: score.horizon,
        forecasts: score.symbols.iter().map(|symbol| symbol.days).sum(),
        relative_mae: score.relative_mae,
        mae_p_value: score.mae_test.as_ref().map(|test| test.p_value),
        relative_crps: against().map(|(other, against)| (other, against.relative_crps)).collect(),
        share_better: against().map(|(other, against)| (other, against.share_better)).collect(),
        crps_p_value: against().map(|(other, against)| (other, against.test.map(|test| test.p_value))).collect(),
        coverage_50,
        coverage_80,
        coverage_90,
        coverage_95,
        coverage_90_p_value: figure(|calibration| calibration.coverage_p_value),
        share_covered: figure(|calibration| Some(calibration.share_covered)),
        worst_symbol: calibration.map(|calibration| &calibration.worst.0),
        worst_coverage_90: figure(|calibration| Some(calibration.worst.1)),
        kupiec_rejected: figure(|calibration| Some(calibration.kupiec_rejected)),
        christoffersen_rejected: figure(|calibration| calibration.conditional_rejected),
        pit_rejected: figure(|calibration| calibration.pit_rejected),
        pit: calibration.map(|calibration| &calibration.pit.counts()[..]),
        pit_p_value: figure(|calibration| calibration.pit_p_value),
        directional_accuracy: score.directional_accuracy,
        lag_one_copy: score.lag_one_copy,
    }
}

fn skipped_view(skipped: &Skipped) -> SkippedView<'_> {
    SkippedView { model: &skipped.model, symbol: &skipped.symbol, fold: skipped.fold, reason: &skipped.reason }
}
