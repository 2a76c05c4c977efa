//! Scores of one symbol.

use super::{calibration, figures::SymbolScore};
use crate::{
    EvalError,
    backtest::{
        panel::{ModelDays, SymbolDays},
        panel_test::equal_losses,
    },
    evaluate::error_metrics,
    metrics::{lag_one_copy, relative_mae},
    summation::mean,
};

/// Returns the scores of a symbol; its CRPS is tested against the same days of `reference`.
pub(super) fn score(
    symbol: &SymbolDays<'_>,
    horizon: usize,
    reference: Option<&ModelDays<'_>>,
) -> Result<SymbolScore, EvalError> {
    let days = &symbol.days;
    let realised: Vec<f64> = days.iter().map(|day| day.realised).collect();
    let forecast: Vec<f64> = days.iter().map(|day| day.forecast).collect();
    let naive = vec![0.0; days.len()];
    let errors: Vec<f64> = days.iter().map(|day| (day.realised - day.forecast).abs()).collect();
    let errors_of_naive: Vec<f64> = realised.iter().map(|r| r.abs()).collect();
    let crps = symbol.crps();
    let crps_of_reference = reference.and_then(|model| model.symbol(symbol.symbol)?.crps());
    let crps_test = match (&crps, &crps_of_reference) {
        (Some(ours), Some(theirs)) => equal_losses(ours, theirs, horizon)?,
        _ => None,
    };
    let actual: Vec<f64> = days.iter().map(|day| day.row.actual).collect();
    let point: Vec<f64> = days.iter().map(|day| day.row.point).collect();
    let last_close: Vec<f64> = days.iter().map(|day| day.row.last_close).collect();
    Ok(SymbolScore {
        symbol: symbol.symbol.clone(),
        days: days.len(),
        relative_mae: relative_mae(&realised, &forecast, &naive)?,
        mae_p_value: equal_losses(&errors, &errors_of_naive, horizon)?.map(|test| test.p_value),
        crps: crps.map(|scores| mean(scores.into_iter())),
        crps_p_value: crps_test.map(|test| test.p_value),
        calibration: calibration::of_symbol(symbol, horizon)?,
        lag_one_copy: lag_one_copy(&realised, &forecast, &naive)?,
        price_errors: error_metrics(&actual, &point, &last_close)?,
    })
}

impl SymbolDays<'_> {
    /// Returns the CRPS of each day; `None` if a day has no quantiles.
    pub(in crate::backtest) fn crps(&self) -> Option<Vec<f64>> {
        self.days.iter().map(|day| day.crps).collect()
    }
}
