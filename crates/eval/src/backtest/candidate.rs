//! Candidate models of a backtest.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use closecast_domain::{
    Cancel, Forecast, ForecastError, Forecaster, History, PanelForecaster, Predict, ProgressSink, Symbol,
};
use rayon::prelude::*;

/// A model in a backtest, with its name in tables and files.
pub struct Candidate {
    /// Name.
    pub name: String,
    /// Refitted for every fold.
    pub forecaster: Box<dyn PanelForecaster>,
    /// Whether the model is fitted to each symbol separately.
    pub per_symbol: bool,
}

impl Candidate {
    /// Returns a model that is fitted to all histories together.
    pub fn new(name: impl Into<String>, forecaster: impl PanelForecaster + 'static) -> Self {
        Self { name: name.into(), forecaster: Box::new(forecaster), per_symbol: false }
    }

    /// Returns a model that is fitted to each symbol separately.
    pub fn per_symbol<F>(name: impl Into<String>, forecaster: F) -> Self
    where
        F: Forecaster + Clone + Send + Sync + 'static,
        F::Fitted: Send + Sync,
    {
        Self { per_symbol: true, ..Self::new(name, PerSymbol(forecaster)) }
    }
}

/// Fits a single-history forecaster to each symbol of a panel separately: to the first history of the symbol.
#[derive(Clone, Copy, Debug)]
pub struct PerSymbol<F>(pub F);

impl<F> PanelForecaster for PerSymbol<F>
where
    F: Forecaster + Clone + Send + Sync + 'static,
    F::Fitted: Send + Sync,
{
    fn fit_panel(
        &self,
        histories: &[History],
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<Box<dyn Predict + Send + Sync>, ForecastError> {
        // Further histories of a symbol, such as earlier years, are for models that are fitted to all histories together.
        let mut seen = HashSet::new();
        let first: Vec<&History> = histories.iter().filter(|history| seen.insert(history.symbol())).collect();
        let fit = |history: &&History| (history.symbol().clone(), self.0.clone().fit(history, cancel, progress));
        let fitted: HashMap<_, _> = first.par_iter().map(fit).collect();
        if cancel.is_cancelled() {
            return Err(ForecastError::Cancelled);
        }
        Ok(Box::new(Fitted(fitted)))
    }
}

/// One fitted model per symbol, or its error: a symbol that cannot be fitted does not affect the others.
struct Fitted<P>(HashMap<Symbol, Result<P, ForecastError>>);

impl<P: Predict> Fitted<P> {
    fn model(&self, history: &History) -> Result<&P, ForecastError> {
        match self.0.get(history.symbol()) {
            Some(Ok(model)) => Ok(model),
            Some(Err(error)) => Err(ForecastError::Unsuitable(error.to_string())),
            None => Err(ForecastError::Unsuitable(format!("the model was not fitted to {}", history.symbol()))),
        }
    }
}

impl<P: Predict> Predict for Fitted<P> {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        self.model(history)?.predict(history)
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        self.model(history)?.predict_each(history, origins)
    }
}
