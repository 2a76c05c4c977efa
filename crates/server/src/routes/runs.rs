//! Trainings, searches and backtests: what they were asked, what they measured, and how they ended.

use axum::{Json, extract::State};
use closecast_domain::Symbol;
use closecast_store::{RunFilter, RunState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::state::ServerState;
use crate::{
    extract::Parameters,
    id_path::IdPath,
    model_name::check_model_name,
    problem::{Problem, ProblemBody, within},
};
use closecast_api::run::{RunView, WholeRunView};
use closecast_app::error::AppError;

/// Most runs of a page.
const MAX_LIMIT: u64 = 500;

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only runs of the model of this name.
    #[param(example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    name: Option<String>,
    /// Only runs about this symbol.
    #[param(value_type = Option<String>, example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")]
    symbol: Option<Symbol>,
    /// Only runs of this kind, for example `train`.
    #[param(example = "train", min_length = 1, max_length = 32, pattern = "^[a-z_]+$")]
    kind: Option<String>,
    /// Only runs that stand so.
    #[param(inline)]
    status: Option<Status>,
    /// Identifier of the last run of the page before.
    #[param(pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    before: Option<String>,
    /// Most runs of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// A page of runs, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Runs)]
pub(crate) struct Page {
    runs: Vec<RunView>,
    /// Where the next page begins, to be given as `before`.
    next: Option<String>,
}

/// Lists runs, newest first.
#[utoipa::path(get, path = "/api/runs", tag = "models", params(Asked), responses(
    (status = 200, description = "A page of runs", body = Page),
    (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<Asked>,
) -> Result<Json<Page>, Problem> {
    let limit = asked.limit.unwrap_or(50);
    within("limit", limit, 1..=MAX_LIMIT)?;
    check_model_name("name", asked.name.as_deref())?;
    let is_kind =
        |kind: &str| (1..=32).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if let Some(kind) = asked.kind.as_ref().filter(|kind| !is_kind(kind)) {
        return Err(Problem::invalid(format!("kind is {kind:?}, but must be small letters, for example train")));
    }
    if let Some(before) = asked.before.as_ref().filter(|before| uuid::Uuid::try_parse(before).is_err()) {
        return Err(Problem::invalid(format!("before: {before:?} cannot be the identifier of a run")));
    }
    let filter = RunFilter {
        name: asked.name,
        symbol: asked.symbol.map(String::from),
        kind: asked.kind,
        state: asked.status.map(RunState::from),
    };
    let runs = app.store.runs().list(&filter, asked.before.as_deref(), limit).await.map_err(AppError::from)?;
    let next = runs.last().filter(|_| runs.len() as u64 == limit).map(|run| run.id.clone());
    Ok(Json(Page { runs: runs.into_iter().map(RunView::from).collect(), next }))
}

/// Shows a run with the figures of each epoch and what it had to say.
#[utoipa::path(get, path = "/api/runs/{id}", tag = "models", params(("id" = String, Path, description = "Identifier of the run", pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")), responses(
    (status = 200, description = "The run", body = WholeRunView),
    (status = 404, description = "There is no such run", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(State(app): State<ServerState>, IdPath(id): IdPath) -> Result<Json<WholeRunView>, Problem> {
    let runs = app.store.runs();
    let run = runs.get(&id).await.map_err(AppError::from)?.ok_or_else(|| AppError::NoRun(id.clone()))?;
    let steps = runs.metrics(&id).await.map_err(AppError::from)?.into_iter().map(Into::into).collect();
    let log = runs.logs(&id).await.map_err(AppError::from)?.into_iter().map(Into::into).collect();
    Ok(Json(WholeRunView { run: run.into(), steps, log }))
}

impl From<Status> for RunState {
    fn from(status: Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Succeeded => Self::Succeeded,
            Status::Failed => Self::Failed,
            Status::Cancelled => Self::Cancelled,
        }
    }
}
