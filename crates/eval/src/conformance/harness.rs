//! Shared fixture of the checks: the subject, one fitted model, and its forecasts.

use std::ops::Range;

use closecast_domain::{Cancel, Forecast, ForecastError, History, NoProgress, Predict};

use super::{Subject, Violation};

/// Number of origins at the end of a history whose forecasts are checked.
const PROBES: usize = 6;

/// Seed of all fits except one.
pub(super) const SEED: u64 = 1;

/// A subject with a fitted model.
pub(super) struct Harness<'a, M> {
    pub(super) subject: &'a Subject<M>,
    /// Fitted to the subject's history.
    pub(super) model: M,
    /// Its forecasts from the last origins of that history.
    pub(super) forecasts: Vec<Forecast>,
}

impl<'a, M: Predict> Harness<'a, M> {
    pub(super) fn new(subject: &'a Subject<M>) -> Result<Self, Violation> {
        let model =
            subject.fitted(SEED, &subject.history).map_err(Violation::refused("fitting an ordinary history"))?;
        let forecasts =
            probe(&model, &subject.history).map_err(Violation::refused("forecasting an ordinary history"))?;
        Ok(Self { subject, model, forecasts })
    }
}

impl<M: Predict> Subject<M> {
    /// Fits a new forecaster without progress reports.
    pub(super) fn fitted(&self, seed: u64, history: &History) -> Result<M, ForecastError> {
        (self.fit)(seed, history, &Cancel::new(), &NoProgress)
    }
}

/// Returns the last origins of `history`.
pub(super) fn last_origins(history: &History) -> Range<usize> {
    history.len().saturating_sub(PROBES)..history.len()
}

/// Returns the forecasts from the last origins of `history`.
pub(super) fn probe(model: &impl Predict, history: &History) -> Result<Vec<Forecast>, ForecastError> {
    model.predict_each(history, last_origins(history))
}
