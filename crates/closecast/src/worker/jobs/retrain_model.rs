//! Training a model again.

use serde::{Deserialize, Serialize};

use super::{Context, Done};
use crate::{failure::Failure, ops};

/// What to train again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetrainModel {
    pub(crate) model_name: String,
}

impl RetrainModel {
    pub(super) async fn run(self, context: &Context) -> Result<Done, Failure> {
        ops::retrain::retrain(&context.app, &self.model_name, &context.task).await?;
        Ok(Done::Entered)
    }
}
