//! Work in the background.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use closecast_store::{JobFilter, JobState};
use serde::{Deserialize, Serialize};

use crate::{app::App, failure::Failure, server::problem::Problem, views::job::JobView, worker::Work};

/// Most jobs of a page.
const MAX_LIMIT: u64 = 500;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Parameters {
    status: Option<JobState>,
    kind: Option<String>,
    /// Identifier of the last job of the page before.
    before: Option<String>,
    limit: Option<u64>,
}

/// A page of jobs, newest first.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Page {
    jobs: Vec<JobView>,
    /// Where the next page begins.
    next: Option<String>,
}

/// Lists jobs, newest first.
pub(in crate::server) async fn list(
    State(app): State<App>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let Query(parameters) = parameters.map_err(|error| Problem::invalid(error.body_text()))?;
    let limit = parameters.limit.unwrap_or(50);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid(format!("limit is {limit}, but must be from 1 to {MAX_LIMIT}")));
    }
    if let Some(before) = &parameters.before {
        known(before).map_err(|failure| Problem::invalid(format!("before: {failure}")))?;
    }
    if let Some(kind) = parameters.kind.as_ref().filter(|kind| !Work::KINDS.contains(&kind.as_str())) {
        let kinds = Work::KINDS.join(", ");
        return Err(Problem::invalid(format!("kind is {kind:?}, but must be one of {kinds}")));
    }
    let filter = JobFilter { state: parameters.status, kind: parameters.kind };
    let jobs = app.store.jobs().list(&filter, parameters.before.as_deref(), limit).await.map_err(Failure::from)?;
    let full = jobs.len() as u64 == limit;
    let next = jobs.last().filter(|_| full).map(|job| job.id.clone());
    Ok(Json(Page { jobs: jobs.into_iter().map(Into::into).collect(), next }))
}

/// Returns an identifier as it is, if it can be one: not every text can be asked a database for.
fn known(id: &str) -> Result<&str, Failure> {
    if uuid::Uuid::try_parse(id).is_ok() { Ok(id) } else { Err(Failure::NoJob(id.to_owned())) }
}

/// Tells how a job stands.
pub(in crate::server) async fn show(State(app): State<App>, Path(id): Path<String>) -> Result<Json<JobView>, Problem> {
    let job = app.store.jobs().get(known(&id)?).await.map_err(Failure::from)?;
    Ok(Json(job.ok_or(Failure::NoJob(id))?.into()))
}

/// Asks for the end of a job.
pub(in crate::server) async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Problem> {
    let job = app.store.jobs().cancel(known(&id)?, app.clock.now()).await.map_err(Failure::from)?;
    Ok(Json(job.ok_or(Failure::NoJob(id))?.into()))
}
