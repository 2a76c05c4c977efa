//! Backtesting models.

use chrono::NaiveDate;
use closecast_domain::Symbol;
use closecast_eval::backtest::BacktestSpec;
use serde::{Deserialize, Serialize};

use super::{Context, Done};
use crate::{
    error::AppError,
    use_cases::backtest::{self, BacktestRequest, DEFAULT_MODELS, MODELS, Source},
};

/// What to backtest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BacktestModel {
    /// Symbols to test on.
    pub symbols: Vec<Symbol>,
    /// Names of the models.
    pub models: Vec<String>,
    /// Sessions to test on.
    pub test_days: usize,
    /// Sessions between two fits.
    pub refit_every: usize,
    /// Sessions forecast.
    pub horizon: usize,
    /// First session tested.
    pub from: Option<NaiveDate>,
}

impl Default for BacktestModel {
    fn default() -> Self {
        Self {
            symbols: Vec::new(),
            models: DEFAULT_MODELS.map(str::to_owned).to_vec(),
            test_days: 252,
            refit_every: 63,
            horizon: 1,
            from: None,
        }
    }
}

impl BacktestModel {
    /// Checks what can be checked before there is a worker.
    ///
    /// # Errors
    /// [`AppError::Usage`] naming the field.
    pub fn check(&self) -> Result<(), AppError> {
        if self.symbols.is_empty() {
            return Err(AppError::Usage("symbols is empty: name one at least".to_owned()));
        }
        match self.models.iter().find(|name| !MODELS.iter().any(|(known, _)| known == name)) {
            Some(unknown) => {
                let known = MODELS.map(|(name, _)| name).join(", ");
                Err(AppError::Usage(format!("models: {unknown:?} is not known; choose from {known}")))
            }
            None => Ok(()),
        }
    }

    pub(super) async fn run(self, context: &Context) -> Result<Done, AppError> {
        self.check()?;
        let spec = BacktestSpec {
            test_days: self.test_days,
            refit_every: self.refit_every,
            from: self.from,
            horizon: self.horizon,
        };
        let request = BacktestRequest {
            source: Source::Symbols(self.symbols),
            also_train: Vec::new(),
            spec,
            models: self.models,
            reference: None,
            restart: false,
            forecasts_out: None,
        };
        let progress = context.progress.clone();
        let result = backtest::run(&context.app, request, progress, context.task.cancel.clone()).await?;
        Ok(Done::With(context.app.result_format.backtest(&result)))
    }
}
