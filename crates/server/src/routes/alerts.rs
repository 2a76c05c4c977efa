//! What a person should look at.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::state::ServerState;
use crate::{
    extract::Parameters,
    problem::{Problem, ProblemBody, within},
};
use closecast_api::alert::AlertView;
use closecast_app::error::AppError;

/// Most alerts of an answer.
const MAX_LIMIT: u64 = 500;

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only those that are not over; all when absent.
    open_only: Option<bool>,
    /// Most alerts; 50 when absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u64>,
}

/// Alerts, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alerts)]
pub(crate) struct Alerts {
    alerts: Vec<AlertView>,
}

/// Lists alerts, newest first. They are raised after forecasts have been settled, once a day, and closed when they are over.
#[utoipa::path(get, path = "/api/alerts", tag = "health of models", operation_id = "list_alerts", params(Asked), responses(
    (status = 200, description = "The alerts", body = Alerts),
    (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<ServerState>,
    Parameters(parameters): Parameters<Asked>,
) -> Result<Json<Alerts>, Problem> {
    let limit = parameters.limit.unwrap_or(50);
    within("limit", limit, 1..=MAX_LIMIT)?;
    let open_only = parameters.open_only.unwrap_or(false);
    let alerts = app.store.alerts().list(open_only, limit).await.map_err(AppError::from)?;
    Ok(Json(Alerts { alerts: alerts.into_iter().map(Into::into).collect() }))
}
