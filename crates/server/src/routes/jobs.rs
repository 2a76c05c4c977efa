//! Work in the background.

use axum::{Json, extract::State};
use closecast_store::{JobFilter, JobState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::state::ServerState;
use crate::{
    extract::Parameters,
    id_path::IdPath,
    problem::{Problem, ProblemBody, within},
};
use closecast_api::job::JobView;
use closecast_app::{error::AppError, worker::JobPayload};

/// Most jobs of a page.
const MAX_LIMIT: u64 = 500;

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[param(value_type = Option<String>, pattern = "^(queued|running|succeeded|failed|cancelled)$")]
    status: Option<JobState>,
    /// What is done, for example `train_model`.
    #[param(pattern = "^(train|retrain|promote|backtest|tune)_model$|^refresh_bars$|^settle_forecasts$")]
    kind: Option<String>,
    /// Identifier of the last job of the page before.
    #[param(pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    before: Option<String>,
    /// Most jobs of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u64>,
}

/// A page of jobs, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Jobs)]
pub(crate) struct Page {
    jobs: Vec<JobView>,
    /// Where the next page begins.
    next: Option<String>,
}

/// Lists jobs, newest first.
#[utoipa::path(get, path = "/api/jobs", tag = "training", params(Asked), responses(
    (status = 200, description = "A page of jobs", body = Page),
    (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<ServerState>,
    Parameters(parameters): Parameters<Asked>,
) -> Result<Json<Page>, Problem> {
    let limit = parameters.limit.unwrap_or(50);
    within("limit", limit, 1..=MAX_LIMIT)?;
    if let Some(before) = &parameters.before {
        known(before).map_err(|failure| Problem::invalid(format!("before: {failure}")))?;
    }
    if let Some(kind) = parameters.kind.as_ref().filter(|kind| !JobPayload::KINDS.contains(&kind.as_str())) {
        let kinds = JobPayload::KINDS.join(", ");
        return Err(Problem::invalid(format!("kind is {kind:?}, but must be one of {kinds}")));
    }
    let filter = JobFilter { state: parameters.status, kind: parameters.kind };
    let jobs = app.store.jobs().list(&filter, parameters.before.as_deref(), limit).await.map_err(AppError::from)?;
    let full = jobs.len() as u64 == limit;
    let next = jobs.last().filter(|_| full).map(|job| job.id.clone());
    Ok(Json(Page { jobs: jobs.into_iter().map(Into::into).collect(), next }))
}

/// Returns an identifier as it is, if it can be one: not every text can be asked a database for.
fn known(id: &str) -> Result<&str, AppError> {
    if uuid::Uuid::try_parse(id).is_ok() { Ok(id) } else { Err(AppError::NoJob(id.to_owned())) }
}

/// Tells how a job stands.
#[utoipa::path(get, path = "/api/jobs/{id}", tag = "training", params(("id" = String, Path, description = "Identifier of the job")), responses(
    (status = 200, description = "The job", body = JobView),
    (status = 404, description = "There is no such job", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(State(app): State<ServerState>, IdPath(id): IdPath) -> Result<Json<JobView>, Problem> {
    let job = app.store.jobs().get(&id).await.map_err(AppError::from)?;
    Ok(Json(job.ok_or(AppError::NoJob(id))?.into()))
}

/// Asks for the end of a job.
#[utoipa::path(post, path = "/api/jobs/{id}/cancel", tag = "training", params(("id" = String, Path, description = "Identifier of the job")), responses(
    (status = 200, description = "The job, which ends as soon as its worker hears of it", body = JobView),
    (status = 404, description = "There is no such job", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn cancel(State(app): State<ServerState>, IdPath(id): IdPath) -> Result<Json<JobView>, Problem> {
    let job = app.store.jobs().cancel(&id, app.clock.now()).await.map_err(AppError::from)?;
    Ok(Json(job.ok_or(AppError::NoJob(id))?.into()))
}
