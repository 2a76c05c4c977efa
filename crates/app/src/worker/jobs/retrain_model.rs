//! Training a model again.

use closecast_domain::Symbol;
use closecast_store::Alias;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Context, Done, JobPayload};
use crate::{error::AppError, use_cases};

/// What to train again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrainModel {
    /// Name of the model; every model in service when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_name: Option<String>,
    /// Of all models, only those of these symbols.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbols: Option<Vec<Symbol>>,
}

impl RetrainModel {
    pub(super) async fn run(self, context: &Context) -> Result<Done, AppError> {
        match &self.model_name {
            Some(name) => {
                use_cases::retrain::retrain(&context.app, name, &context.task).await?;
                Ok(Done::Entered)
            }
            None => self.each(context).await,
        }
    }

    /// Asks for the training of each model in service. Asked twice, the same jobs are found again.
    async fn each(&self, context: &Context) -> Result<Done, AppError> {
        let store = &context.app.store;
        let mut asked = Vec::new();
        for (name, alias) in store.models().aliases().await?.into_keys() {
            if alias != Alias::Champion {
                continue;
            }
            if let Some(symbols) = &self.symbols {
                let version = store.models().in_service(&name).await?;
                let symbol = version.as_ref().and_then(|version| version.card.symbol());
                if !symbol.is_some_and(|symbol| symbols.contains(symbol)) {
                    continue;
                }
            }
            let work = JobPayload::RetrainModel(Self { model_name: Some(name.clone()), symbols: None });
            let job = work.job(context.task.actor.as_deref());
            let enqueued = store.jobs().enqueue(job, context.app.clock.now()).await?;
            asked.push(json!({ "model_name": name, "job_id": enqueued.job.id }));
        }
        Ok(Done::With(json!({ "jobs": asked })))
    }
}
