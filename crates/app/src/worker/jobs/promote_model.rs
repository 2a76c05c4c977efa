//! Putting a new version into service.

use closecast_domain::ForecastError;
use closecast_store::RegistryAction;
use closecast_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Context, Done};
use crate::{
    error::AppError,
    use_cases::promote::{self, Challenger},
};

/// Lines of the registry's book that are looked through for a promotion that was made before.
const LINES: u64 = 100;

/// Which version to compare with the one in service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromoteModel {
    /// Name of the model.
    pub model_name: String,
    /// Version to compare.
    pub version: u64,
}

impl PromoteModel {
    pub(super) async fn run(self, context: &Context) -> Result<Done, AppError> {
        loop {
            match self.compare(context).await {
                // The evidence was about the version that was in service before: it is gathered again about the present one.
                Err(AppError::Store(StoreError::ChampionChanged { .. })) => {}
                done => return done,
            }
        }
    }

    async fn compare(&self, context: &Context) -> Result<Done, AppError> {
        let champion = context.app.store.models().in_service(&self.model_name).await?;
        let in_service = champion.map(|champion| champion.version);
        let book = context.app.store.models().events(&self.model_name, LINES).await?;
        let promoted_before =
            book.iter().any(|line| line.action == RegistryAction::Promote && line.version == self.version);
        if promoted_before || in_service.is_some_and(|version| version >= self.version) {
            // Done before, by a worker that could not say so any more, or overtaken by a newer version.
            return Ok(Done::With(json!({ "name": self.model_name, "in_service": in_service })));
        }
        let asked = Challenger {
            name: &self.model_name,
            version: Some(self.version),
            force: false,
            actor: context.task.actor.as_deref(),
        };
        let challenge = promote::challenge(&context.app, asked, context.task.cancel.clone()).await?;
        if context.task.cancel.is_cancelled() && !challenge.promoted {
            return Err(ForecastError::Cancelled.into());
        }
        Done::with(challenge)
    }
}
