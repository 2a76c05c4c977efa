//! Training a model.

use chrono::NaiveDate;
use closecast_domain::Symbol;
use serde::{Deserialize, Serialize};

use super::{Context, Done};
use crate::{
    failure::Failure,
    ops::{
        self,
        train::{TrainRequest, model_name},
    },
    toml_file::model_spec::PartialSpec,
};

/// What to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainModel {
    pub(crate) symbol: Symbol,
    /// Name to publish under; the symbol when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model_name: Option<String>,
    /// First session used, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) start_date: Option<NaiveDate>,
    /// Last session used, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_date: Option<NaiveDate>,
    #[serde(default)]
    pub(crate) spec: PartialSpec,
}

impl TrainModel {
    /// Returns the training of a symbol's model with the usual settings.
    #[cfg(test)]
    pub(crate) fn of(symbol: Symbol) -> Self {
        Self { symbol, model_name: None, start_date: None, end_date: None, spec: PartialSpec::default() }
    }

    /// Checks what can be checked before there is a worker.
    ///
    /// # Errors
    /// [`Failure`] naming the field.
    pub(crate) fn request(&self) -> Result<TrainRequest, Failure> {
        let request = TrainRequest {
            symbol: self.symbol.clone(),
            model_name: self.model_name.clone(),
            spec: self.spec.over(&PartialSpec::default()).check()?,
            start_date: self.start_date,
            end_date: self.end_date,
        };
        crate::ops::train::check_dates(self.start_date, self.end_date)?;
        model_name(&request)?;
        Ok(request)
    }

    pub(super) async fn run(self, context: &Context) -> Result<Done, Failure> {
        ops::train::train(&context.app, self.request()?, &context.task).await?;
        Ok(Done::Entered)
    }
}
