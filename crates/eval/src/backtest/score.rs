//! Figures of each model, by symbol and over all.

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

/// Returns the figures of every model and horizon, over the days that all models forecast. `reference` is the model against
/// which the CRPS of each symbol is tested.
///
/// # Errors
/// [`EvalError`] when a row holds a price that is not a positive number, or quantiles that fall.
pub fn scores(rows: &[BacktestRow], reference: Option<&str>) -> Result<Vec<ModelScore>, EvalError> {
    Panel::new(rows)?.scores(reference)
}

impl Panel<'_> {
    /// Returns the figures of every model and horizon, as [`scores`].
    ///
    /// # Errors
    /// [`EvalError`] when a figure is too large to be represented.
    pub fn scores(&self, reference: Option<&str>) -> Result<Vec<ModelScore>, EvalError> {
        let score = |model: &ModelDays<'_>| {
            let reference = reference.and_then(|name| self.model(name, model.horizon));
            let symbols = model.symbols.iter().map(|days| symbol::score(days, model.horizon, reference));
            overall::score(self, model, symbols.collect::<Result<_, _>>()?)
        };
        self.models.iter().map(score).collect()
    }
}
