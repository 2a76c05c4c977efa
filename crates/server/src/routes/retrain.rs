//! Training models again.

use axum::{extract::State, http::StatusCode, response::Response};
use closecast_domain::Symbol;
use closecast_store::ModelFilter;
use serde::Deserialize;
use utoipa::ToSchema;

use super::models::{self, path::NamePath};
use crate::state::ServerState;
use crate::{
    extract::JsonBody,
    problem::{Problem, ProblemBody},
    queue::{self, By},
};
use closecast_api::job::AcceptedView;
use closecast_app::{
    error::AppError,
    use_cases::serving::BASE,
    worker::{JobPayload, RetrainModel},
};

/// Which models to train again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetrainRequest)]
pub(crate) struct Request {
    /// Only models of this symbol; every model in service when absent.
    #[schema(value_type = Option<String>, example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")]
    symbol: Option<Symbol>,
}

/// Trains a model again as it was trained, on all that is stored by now. The new version goes into service when it is no worse.
#[utoipa::path(post, path = "/api/models/{name}/retrain", tag = "models",
    params(("name" = String, Path, description = "Name of the model", example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")),
    responses(
        (status = 202, description = "The job that will train", body = AcceptedView, headers(("location" = String, description = "Where to ask how it stands"))),
        (status = 404, description = "There is no such model", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is the model that ships with the program", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn one(State(app): State<ServerState>, NamePath(name): NamePath, by: By) -> Result<Response, Problem> {
    models::known(&app, &name).await?;
    if name == BASE && app.store.models().in_service(&name).await.map_err(AppError::from)?.is_none() {
        let detail = "the BASE in service is the one that ships with the program, which cannot be trained again: `closecast train --base` \
                      trains one of your own, which then serves in its place";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let work = JobPayload::RetrainModel(RetrainModel { model_name: Some(name), symbols: None });
    Ok(queue::accepted(queue::enqueue(&app, &work, by).await?))
}

/// Trains every model in service again, or every one of a symbol, each as a job of its own.
#[utoipa::path(post, path = "/api/retrain", tag = "models", request_body = Request, responses(
    (status = 202, description = "The job that will put these into the queue", body = AcceptedView, headers(("location" = String, description = "Where to ask how it stands"))),
    (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "There is no model of the symbol", body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn all(
    State(app): State<ServerState>,
    by: By,
    JsonBody(Request { symbol }): JsonBody<Request>,
) -> Result<Response, Problem> {
    if let Some(symbol) = &symbol {
        let filter = ModelFilter { symbol: Some(symbol.to_string()), ..ModelFilter::default() };
        let found = app.store.models().champions(&filter, None, 1).await.map_err(AppError::from)?;
        if found.is_empty() {
            return Err(AppError::NoModel { name: symbol.to_string(), symbol: symbol.clone() }.into());
        }
    }
    let work = JobPayload::RetrainModel(RetrainModel { model_name: None, symbols: symbol.map(|symbol| vec![symbol]) });
    Ok(queue::accepted(queue::enqueue(&app, &work, by).await?))
}
