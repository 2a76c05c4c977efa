//! The figures of one symbol.

use closecast_domain::{DirectionalAccuracy, Symbol};
use closecast_eval::backtest::{Calibration, SymbolScore};
use serde::Serialize;

/// Figures of a model for one symbol.
#[derive(Serialize)]
pub(super) struct SymbolScoreView<'a> {
    symbol: &'a Symbol,
    days: usize,
    relative_mae: Option<f64>,
    mae_p_value: Option<f64>,
    crps: Option<f64>,
    /// Against the reference.
    crps_p_value: Option<f64>,
    coverage_50: Option<f64>,
    coverage_80: Option<f64>,
    coverage_90: Option<f64>,
    coverage_95: Option<f64>,
    kupiec_p_value: Option<f64>,
    independence_p_value: Option<f64>,
    conditional_coverage_p_value: Option<f64>,
    pit: Option<&'a [usize]>,
    pit_p_value: Option<f64>,
    directional_accuracy: Option<DirectionalAccuracy>,
    lag_one_copy: Option<f64>,
    price_errors: PriceErrorsView,
}

/// Errors of the point forecasts in prices. An R² near 1 says little: the naive forecast has it too.
#[derive(Serialize)]
struct PriceErrorsView {
    mae: f64,
    rmse: f64,
    /// In percent.
    mape: Option<f64>,
    r2: Option<f64>,
    r2_naive: Option<f64>,
}

impl<'a> From<&'a SymbolScore> for SymbolScoreView<'a> {
    fn from(score: &'a SymbolScore) -> Self {
        let calibration = score.calibration.as_ref();
        let p_value = |of: fn(&Calibration) -> Option<f64>| calibration.and_then(of);
        let [coverage_50, coverage_80, coverage_90, coverage_95] =
            calibration.map_or([None; 4], |calibration| calibration.coverage.shares());
        let errors = &score.price_errors;
        Self {
            symbol: &score.symbol,
            days: score.days,
            relative_mae: score.relative_mae,
            mae_p_value: score.mae_p_value,
            crps: score.crps,
            crps_p_value: score.crps_p_value,
            coverage_50,
            coverage_80,
            coverage_90,
            coverage_95,
            kupiec_p_value: p_value(|calibration| Some(calibration.kupiec_p_value)),
            independence_p_value: p_value(|calibration| calibration.independence_p_value),
            conditional_coverage_p_value: p_value(|calibration| calibration.conditional_p_value),
            pit: calibration.map(|calibration| &calibration.pit.counts()[..]),
            pit_p_value: p_value(|calibration| calibration.pit_p_value),
            directional_accuracy: errors.directional_accuracy,
            lag_one_copy: score.lag_one_copy,
            price_errors: PriceErrorsView {
                mae: errors.mae,
                rmse: errors.rmse,
                mape: errors.mape,
                r2: errors.r2,
                r2_naive: errors.r2_naive,
            },
        }
    }
}
