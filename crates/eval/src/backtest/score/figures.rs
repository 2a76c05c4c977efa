//! Figures of a backtest as plain data.

use std::collections::BTreeMap;

use closecast_domain::{DirectionalAccuracy, ErrorMetrics, Symbol};

use crate::{DieboldMariano, MultiCoverage, PitHistogram};

/// Coverage of the 90 % interval from which on a symbol counts as covered.
pub const MIN_COVERAGE: f64 = 0.86;

/// Figures of one model for one symbol. Errors are of log returns unless said otherwise, so that symbols can be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct SymbolScore {
    /// Symbol.
    pub symbol: Symbol,
    /// Sessions forecast.
    pub days: usize,
    /// Mean absolute error over naive's on the same days; `None` when naive made none.
    pub relative_mae: Option<f64>,
    /// Diebold–Mariano p-value of the absolute errors against naive's; `None` when they are the same or the days too few.
    pub mae_p_value: Option<f64>,
    /// Mean CRPS: twice the mean quantile loss over the ventiles; `None` without quantiles.
    pub crps: Option<f64>,
    /// Diebold–Mariano p-value of the CRPS against that of the reference.
    pub crps_p_value: Option<f64>,
    /// How the quantiles held; `None` without quantiles.
    pub calibration: Option<Calibration>,
    /// How far the point forecast is yesterday's close.
    pub lag_one_copy: Option<f64>,
    /// Errors of the point forecasts in prices, as quoted on the origins' days, without a p-value.
    pub price_errors: ErrorMetrics,
}

/// How the quantiles of one symbol held. Forecasts of several sessions ahead overlap, so p-values are of every horizon-th day.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Days inside the central intervals.
    pub coverage: MultiCoverage,
    /// Kupiec's test of the 90 % interval: does it miss as often as promised?
    pub kupiec_p_value: f64,
    /// Christoffersen's test of the 90 % interval: is a miss as likely after a miss? `None` where no day follows one.
    pub independence_p_value: Option<f64>,
    /// Christoffersen's test of both at once.
    pub conditional_p_value: Option<f64>,
    /// Days by the ventiles between which the close fell.
    pub pit: PitHistogram,
    /// χ² test that it is flat; `None` when the days are too few.
    pub pit_p_value: Option<f64>,
}

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
    /// Diebold–Mariano test of the absolute errors against naive's, on the means over symbols of each day.
    pub mae_test: Option<DieboldMariano>,
    /// CRPS beside each other model's, by its name.
    pub against: BTreeMap<String, CrpsComparison>,
    /// How the quantiles held; `None` without quantiles.
    pub calibration: Option<OverallCalibration>,
    /// Share of all forecasts with the right direction. Its interval takes them to be independent, which those of many
    /// symbols on one day are not.
    pub directional_accuracy: Option<DirectionalAccuracy>,
    /// How far the point forecasts are yesterday's close.
    pub lag_one_copy: Option<f64>,
}

/// The CRPS of a model beside another's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrpsComparison {
    /// Geometric mean over symbols of the ratio; below 1 when ours is lower.
    pub relative_crps: f64,
    /// Share of symbols on which ours is lower.
    pub share_better: f64,
    /// Diebold–Mariano test on the means over symbols of each day; `None` when they are the same or the days too few.
    pub test: Option<DieboldMariano>,
}

/// How the quantiles of all symbols held.
#[derive(Clone, Debug, PartialEq)]
pub struct OverallCalibration {
    /// Forecasts inside the central intervals.
    pub coverage: MultiCoverage,
    /// Test that the 90 % interval misses 10 %, on the share of symbols missed each day: unlike Kupiec's test of all forecasts
    /// together it respects that symbols move together. `None` when the days are too few.
    pub coverage_p_value: Option<f64>,
    /// Share of symbols whose 90 % interval held at least [`MIN_COVERAGE`] of their days.
    pub share_covered: f64,
    /// The symbol whose 90 % interval held least, and the share of its days that it held.
    pub worst: (Symbol, f64),
    /// Share of symbols on which Kupiec's test objects, at 5 %: by chance 0.05.
    pub kupiec_rejected: f64,
    /// Share of symbols on which Christoffersen's test of conditional coverage objects, among those that it can be made on.
    pub conditional_rejected: Option<f64>,
    /// Forecasts by the ventiles between which the close fell.
    pub pit: PitHistogram,
    /// χ² test that it is flat. It takes all forecasts to be independent, so over many symbols it is too small.
    pub pit_p_value: Option<f64>,
    /// Share of symbols on which the χ² test objects, among those that it can be made on.
    pub pit_rejected: Option<f64>,
}
