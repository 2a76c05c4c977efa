//! Entering the closes of past forecasts, and judging the models by them.

use serde::{Deserialize, Serialize};

use super::{Context, Done};
use crate::{error::AppError, model_health, use_cases};

/// All forecasts whose session is stored by now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettleForecasts {}

impl SettleForecasts {
    pub(super) async fn run(self, context: &Context) -> Result<Done, AppError> {
        let Context { app, task, .. } = context;
        let settled = use_cases::settle::settle(app, &task.cancel).await?;
        // Now is when there is something new to judge. The closes stay entered whatever comes of it.
        match model_health::review(app, &task.cancel).await {
            Ok(reviewed) => tracing::info!("health of the models in service: {reviewed:?}"),
            Err(failure) => tracing::warn!("the models in service could not be reviewed: {failure}"),
        }
        Done::with(settled)
    }
}
