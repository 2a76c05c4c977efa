//! Searching for the settings of a model.

use chrono::NaiveDate;
use closecast_domain::Symbol;
use closecast_model::{ModelSpec, tune::SearchSpace};
use serde::{Deserialize, Serialize};

use super::{Context, Done};
use crate::{
    error::AppError,
    use_cases::tune::{self, TuneRequest},
};

/// What to search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuneModel {
    /// Symbol to tune for.
    pub symbol: Symbol,
    /// Models to try.
    #[serde(default = "usual_trials")]
    pub trials: usize,
    /// Seed of every random choice.
    #[serde(default = "usual_seed")]
    pub seed: u64,
    /// First session used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Last session used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
}

/// As many as `closecast tune` tries unless asked otherwise.
fn usual_trials() -> usize {
    30
}

fn usual_seed() -> u64 {
    ModelSpec::default().seed
}

impl TuneModel {
    /// Returns the usual search for a symbol.
    #[cfg(test)]
    pub fn of(symbol: Symbol) -> Self {
        Self { symbol, trials: usual_trials(), seed: usual_seed(), start_date: None, end_date: None }
    }

    pub(super) async fn run(self, context: &Context) -> Result<Done, AppError> {
        let request = TuneRequest {
            symbol: self.symbol.clone(),
            space: SearchSpace::standard().check()?,
            trials: self.trials,
            seed: self.seed,
            start_date: self.start_date,
            end_date: self.end_date,
            restart: false,
        };
        let progress = context.progress.clone();
        let tuning = tune::tune(&context.app, request, progress, context.task.cancel.clone()).await?;
        Ok(Done::With(context.app.result_format.tuning(&self.symbol, self.seed, &tuning)))
    }
}
