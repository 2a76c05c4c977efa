//! Training a model.

use chrono::NaiveDate;
use closecast_domain::Symbol;
use serde::{Deserialize, Serialize};

use super::{Context, Done};
use crate::{
    error::AppError,
    model_spec::PartialSpec,
    use_cases::{
        self,
        train::{TrainRequest, model_name},
    },
};

/// What to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainModel {
    /// Symbol to train on.
    pub symbol: Symbol,
    /// Name to publish under; the symbol when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_name: Option<String>,
    /// First session used, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Last session used, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    /// What is set of the model.
    #[serde(default)]
    pub spec: PartialSpec,
}

impl TrainModel {
    /// Returns the training of a symbol's model with the usual settings.
    #[cfg(test)]
    pub fn of(symbol: Symbol) -> Self {
        Self { symbol, model_name: None, start_date: None, end_date: None, spec: PartialSpec::default() }
    }

    /// Checks what can be checked before there is a worker.
    ///
    /// # Errors
    /// [`AppError`] naming the field.
    pub fn request(&self) -> Result<TrainRequest, AppError> {
        let request = TrainRequest {
            symbol: self.symbol.clone(),
            model_name: self.model_name.clone(),
            spec: self.spec.over(&PartialSpec::default()).check()?,
            start_date: self.start_date,
            end_date: self.end_date,
        };
        crate::use_cases::train::check_dates(self.start_date, self.end_date)?;
        model_name(&request)?;
        Ok(request)
    }

    pub(super) async fn run(self, context: &Context) -> Result<Done, AppError> {
        use_cases::train::train(&context.app, self.request()?, &context.task).await?;
        Ok(Done::Entered)
    }
}
