//! Scores of a backtest as plain data.

use std::collections::BTreeMap;

use closecast_domain::{DirectionalAccuracy, ErrorMetrics, Symbol};

use crate::{DieboldMariano, MultiCoverage, PitHistogram};

/// Minimum coverage of the 90 % interval for a symbol to count as covered.
pub const MIN_COVERAGE: f64 = 0.86;

/// Scores of one model for one symbol. Errors are of log returns unless stated otherwise, so that symbols are comparable.
#[derive(Clone, Debug, PartialEq)]
pub struct SymbolScore {
    /// Symbol.
    pub symbol: Symbol,
    /// Sessions forecast.
    pub days: usize,
    /// Mean absolute error relative to naive on the same days; `None` if naive has no error.
    pub relative_mae: Option<f64>,
    /// Diebold–Mariano p-value of the absolute errors against naive; `None` if they are identical or the days too few.
    pub mae_p_value: Option<f64>,
    /// Mean CRPS: twice the mean quantile loss over the ventiles; `None` without quantiles.
    pub crps: Option<f64>,
    /// Diebold–Mariano p-value of the CRPS against that of the reference.
    pub crps_p_value: Option<f64>,
    /// Calibration of the quantiles; `None` without quantiles.
    pub calibration: Option<Calibration>,
    /// Similarity of the point forecast to yesterday's close.
    pub lag_one_copy: Option<f64>,
    /// Errors of the point forecasts in prices as quoted at the origins, without a p-value.
    pub price_errors: ErrorMetrics,
}

/// Calibration for one symbol. Forecasts of several sessions ahead overlap, so p-values use every horizon-th day.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Days inside the central intervals.
    pub coverage: MultiCoverage,
    /// Kupiec's test of the 90 % interval: is the miss rate nominal?
    pub kupiec_p_value: f64,
    /// Christoffersen's independence test of the 90 % interval; `None` if no day follows a miss.
    pub independence_p_value: Option<f64>,
    /// Christoffersen's test of conditional coverage: both at once.
    pub conditional_p_value: Option<f64>,
    /// PIT histogram of the closes.
    pub pit: PitHistogram,
    /// χ² test of its uniformity; `None` for too few days.
    pub pit_p_value: Option<f64>,
}

/// Scores of one model at one horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelScore {
    /// Name.
    pub model: String,
    /// Sessions ahead.
    pub horizon: usize,
    /// By symbol, in alphabetical order.
    pub symbols: Vec<SymbolScore>,
    /// Geometric mean over symbols of the mean absolute error relative to naive.
    pub relative_mae: Option<f64>,
    /// Diebold–Mariano test of the absolute errors against naive, on the daily means over symbols.
    pub mae_test: Option<DieboldMariano>,
    /// Comparison of the CRPS with each other model, by name.
    pub against: BTreeMap<String, CrpsComparison>,
    /// Calibration of the quantiles; `None` without quantiles.
    pub calibration: Option<OverallCalibration>,
    /// Share of all forecasts with the right direction. Its interval assumes independence, which does not hold for many symbols on
    /// one day.
    pub directional_accuracy: Option<DirectionalAccuracy>,
    /// Similarity of the point forecasts to yesterday's close.
    pub lag_one_copy: Option<f64>,
}

/// Comparison of the CRPS of a model with another's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrpsComparison {
    /// Geometric mean over symbols of the ratio; below 1 if this model's CRPS is lower.
    pub relative_crps: f64,
    /// Share of symbols on which this model's CRPS is lower.
    pub share_better: f64,
    /// Diebold–Mariano test on the daily means over symbols; `None` if they are identical or the days too few.
    pub test: Option<DieboldMariano>,
}

/// Calibration over all symbols.
#[derive(Clone, Debug, PartialEq)]
pub struct OverallCalibration {
    /// Forecasts inside the central intervals.
    pub coverage: MultiCoverage,
    /// Test that the 90 % interval misses 10 %, on the daily share of missed symbols: unlike Kupiec's test on all forecasts it
    /// allows for correlated symbols. `None` for too few days.
    pub coverage_p_value: Option<f64>,
    /// Share of symbols whose 90 % interval has a coverage of at least [`MIN_COVERAGE`].
    pub share_covered: f64,
    /// Symbol with the lowest coverage of its 90 % interval, and that coverage.
    pub worst: (Symbol, f64),
    /// Share of symbols on which Kupiec's test rejects at 5 %: 0.05 by chance.
    pub kupiec_rejected: f64,
    /// Share of symbols on which Christoffersen's test of conditional coverage rejects, among those with a test.
    pub conditional_rejected: Option<f64>,
    /// PIT histogram of all forecasts.
    pub pit: PitHistogram,
    /// χ² test of its uniformity. It assumes independent forecasts, so the p-value is too small over many symbols.
    pub pit_p_value: Option<f64>,
    /// Share of symbols on which the χ² test rejects, among those with a test.
    pub pit_rejected: Option<f64>,
}
