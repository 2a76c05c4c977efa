//! Scores of each model, by symbol and overall.

mod calibration;
mod figures;
mod overall;
mod symbol;

pub(super) use calibration::{TESTED_INDEX, missed};
pub use figures::{Calibration, CrpsComparison, MIN_COVERAGE, ModelScore, OverallCalibration, SymbolScore};

use super::{
    panel::{ModelDays, Panel},
    row::BacktestRow,
};
use crate::EvalError;

/// Returns the scores of every model and horizon on the common days. The CRPS of each symbol is tested against that of the
/// model `reference`.
///
/// # Errors
/// [`EvalError`] when a price of a row is not positive, or its quantiles descend.
pub fn scores(rows: &[BacktestRow], reference: Option<&str>) -> Result<Vec<ModelScore>, EvalError> {
    Panel::new(rows)?.scores(reference)
}

impl Panel<'_> {
    /// Returns the scores of every model and horizon, as [`scores`].
    ///
    /// # Errors
    /// [`EvalError`] when a figure overflows.
    pub fn scores(&self, reference: Option<&str>) -> Result<Vec<ModelScore>, EvalError> {
        let score = |model: &ModelDays<'_>| {
            let reference = reference.and_then(|name| self.model(name, model.horizon));
            let symbols = model.symbols.iter().map(|days| symbol::score(days, model.horizon, reference));
            overall::score(self, model, symbols.collect::<Result<_, _>>()?)
        };
        self.models.iter().map(score).collect()
    }
}
