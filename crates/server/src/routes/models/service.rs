//! Putting a version into service, and going back.

use axum::{Json, extract::State, http::StatusCode};
use closecast_domain::Cancel;
use serde::Deserialize;
use utoipa::ToSchema;

use super::path::NamePath;
use crate::state::ServerState;
use crate::{
    extract::JsonBody,
    problem::{Problem, ProblemBody},
    queue::{By, name_of},
};
use closecast_api::model::{ChallengeView, RollbackView};
use closecast_app::{
    error::AppError,
    use_cases::promote::{self, Challenger},
};

/// Which version is to go into service.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromoteRequest)]
pub(crate) struct Request {
    /// Number of the version; the challenger of the name when absent.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    version: Option<u64>,
    /// Whether it goes into service whatever the evidence says, which is recorded.
    force: Option<bool>,
}

/// Stops the comparison when nobody waits for it any more.
struct StopsWithRequest(Cancel);

impl Drop for StopsWithRequest {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Sets a version beside the one in service on recent days that neither has learned from, and puts it into service when it is no
/// worse, or when that is forced.
#[utoipa::path(post, path = "/api/models/{name}/promote", tag = "models",
    params(("name" = String, Path, description = "Name of the model", example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")),
    request_body = Request,
    responses(
        (status = 200, description = "It is in service; on what evidence", body = ChallengeView),
        (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such model or version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The evidence is against it, or there is nothing to put into service", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn promote(
    State(app): State<ServerState>,
    NamePath(name): NamePath,
    by: By,
    JsonBody(request): JsonBody<Request>,
) -> Result<Json<ChallengeView>, Problem> {
    let busy = |_| Problem::busy("other models are being compared: ask again in a moment");
    let place = app.admission.comparisons.enter().await.map_err(busy)?;
    if request.version == Some(0) {
        return Err(Problem::invalid("version is 0, but must be at least 1"));
    }
    let models = app.store.models();
    let in_service = models.in_service(&name).await.map_err(AppError::from)?;
    if in_service.is_some_and(|champion| request.version == Some(champion.version)) {
        let version = request.version.unwrap_or_default();
        let detail = format!("version: {version} of {name} is in service already");
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let actor = name_of(by);
    let force = request.force.unwrap_or(false);
    let stops = StopsWithRequest(Cancel::new());
    let (cancel, asked_name) = (stops.0.clone(), name.clone());
    // A task of its own: who hangs up stops the comparison, and its place is free when it has stopped.
    let work = async move {
        let _place = place;
        let actor = actor.as_deref();
        let asked = Challenger { name: &asked_name, version: request.version, force, actor };
        promote::challenge(&app, asked, cancel).await
    };
    let challenge =
        tokio::spawn(work).await.map_err(|panic| AppError::Internal(panic.to_string()))?.map_err(problem_of)?;
    if challenge.promoted {
        return Ok(Json(challenge.into()));
    }
    let reason = challenge.evidence.as_ref().and_then(|evidence| evidence.verdict.reason()).unwrap_or("it is worse");
    let (champion, challenger) = (challenge.champion, challenge.challenger);
    let detail = format!(
        "version {champion} of {name} stays in service: {reason}. Send {{\"version\": {challenger}, \"force\": true}} to put version {challenger} into service all the same"
    );
    Err(Problem::new(StatusCode::CONFLICT, detail))
}

/// Tells what is wrong in the words of this interface.
fn problem_of(failure: AppError) -> Problem {
    match failure {
        AppError::NoChallenger(name) => Problem::new(
            StatusCode::CONFLICT,
            format!(
                "no version of {name:?} waits to go into service: POST /api/models/{name}/retrain makes one, or name one of GET /api/models/{name} as version"
            ),
        ),
        failure => failure.into(),
    }
}

/// Puts the version that was in service before into service again.
#[utoipa::path(post, path = "/api/models/{name}/rollback", tag = "models",
    params(("name" = String, Path, description = "Name of the model", example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")),
    responses(
        (status = 200, description = "The versions in service before and now", body = RollbackView),
        (status = 404, description = "There is no such model", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There was no other version in service before", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn rollback(
    State(app): State<ServerState>,
    NamePath(name): NamePath,
    by: By,
) -> Result<Json<RollbackView>, Problem> {
    let (previous, champion) = promote::rollback(&app, &name, name_of(by).as_deref()).await?;
    Ok(Json(RollbackView { name, previous, champion }))
}
