//! Entering the closes of past forecasts.

use serde::{Deserialize, Serialize};

use super::{Context, Done};
use crate::{failure::Failure, ops};

/// All forecasts whose session is stored by now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettleForecasts {}

impl SettleForecasts {
    pub(super) async fn run(self, context: &Context) -> Result<Done, Failure> {
        Done::with(ops::settle::settle(&context.app, &context.task.cancel).await?)
    }
}
