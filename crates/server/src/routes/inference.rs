//! Open Inference Protocol, version 2: what clients of Triton and KServe speak.

mod documented;
pub(crate) mod infer;
mod refusal;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use closecast_domain::Card;
use closecast_model::RangeNeed;
use serde::Deserialize;

pub(crate) use self::refusal::Refusal;
use crate::oip::batch::INPUTS;
use crate::state::ServerState;
use closecast_api::inference::{
    InferenceErrorView, InferenceIndexView, InferenceModelView, InferenceParametersView, InferenceServerView,
    InferenceTensorView, LiveView, ModelReadyView, ReadyView,
};
use closecast_app::{state::LoadedModel, use_cases::serving};

/// A model in a path, and perhaps a version of it.
#[derive(Debug, Deserialize)]
pub(crate) struct ModelPath {
    name: String,
    version: Option<String>,
}

/// The model in a path, as far as the path can be read.
type Asked = Result<Path<ModelPath>, axum::extract::rejection::PathRejection>;

/// Returns the model that a path names.
async fn model(app: &ServerState, path: Asked) -> Result<std::sync::Arc<LoadedModel>, Refusal> {
    let Path(ModelPath { name, version }) =
        path.map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, format!("name: {}", error.body_text())))?;
    let number = match version.as_deref() {
        None => None,
        Some(text) => Some(text.parse::<u64>().map_err(|_| {
            Refusal::new(StatusCode::NOT_FOUND, format!("version {text:?}: is no number; see /v2/models/{name}"))
        })?),
    };
    Ok(serving::version(app, &name, number).await?)
}

/// Tells what this server speaks.
#[utoipa::path(get, path = "/v2", tag = "inference protocol", responses((status = 200, description = "Name, version and extensions", body = InferenceServerView)))]
pub(crate) async fn server() -> Json<InferenceServerView> {
    let extensions = vec!["binary_tensor_data", "model_repository"];
    std::future::ready(Json(InferenceServerView { name: "closecast", version: env!("CARGO_PKG_VERSION"), extensions }))
        .await
}

/// The process answers.
#[utoipa::path(get, path = "/v2/health/live", tag = "inference protocol", responses((status = 200, description = "It answers", body = LiveView)))]
pub(crate) async fn live() -> Json<LiveView> {
    std::future::ready(Json(LiveView { live: true })).await
}

/// The process can answer questions: its database does.
#[utoipa::path(get, path = "/v2/health/ready", tag = "inference protocol", responses(
    (status = 200, description = "It can", body = ReadyView),
    (status = 503, description = "The database does not answer", body = InferenceErrorView),
))]
pub(crate) async fn ready(State(app): State<ServerState>) -> Result<Json<ReadyView>, Refusal> {
    super::health::ready(State(app)).await?;
    Ok(Json(ReadyView { ready: true }))
}

/// Lists all versions of all models.
#[utoipa::path(get, path = "/v2/repository/index", tag = "inference protocol", responses((status = 200, description = "The versions, by name", body = Vec<InferenceIndexView>)))]
pub(crate) async fn index(State(app): State<ServerState>) -> Result<Json<Vec<InferenceIndexView>>, Refusal> {
    let entry = |name: &str, version: u64| InferenceIndexView {
        name: name.to_owned(),
        version: version.to_string(),
        state: "READY",
        reason: "",
    };
    let all = serving::versions(&app).await?;
    let entries = all.iter().flat_map(|(name, versions)| versions.iter().map(|&version| entry(name, version)));
    Ok(Json(entries.collect()))
}

/// Lists all versions of all models: the same for clients that post. The body does not matter.
#[utoipa::path(post, path = "/v2/repository/index", tag = "inference protocol", responses((status = 200, description = "The versions, by name", body = Vec<InferenceIndexView>)))]
pub(crate) async fn index_posted(state: State<ServerState>) -> Result<Json<Vec<InferenceIndexView>>, Refusal> {
    index(state).await
}

/// Tells what a model takes and gives.
#[utoipa::path(get, path = "/v2/models/{name}", tag = "inference protocol", params(("name" = String, Path, description = "Name of the model", example = "BASE")), responses(
    (status = 200, description = "The model", body = InferenceModelView),
    (status = 400, description = "The name cannot be read", body = InferenceErrorView),
    (status = 404, description = "There is no such model", body = InferenceErrorView),
))]
pub(crate) async fn metadata(State(app): State<ServerState>, path: Asked) -> Result<Json<InferenceModelView>, Refusal> {
    let served = model(&app, path).await?;
    let versions = serving::versions(&app).await?.remove(&served.version.name).unwrap_or_default();
    Ok(Json(describe(&served, &versions)))
}

/// Tells what a version of a model takes and gives.
#[utoipa::path(get, path = "/v2/models/{name}/versions/{version}", tag = "inference protocol", params(("name" = String, Path, description = "Name of the model", example = "BASE"), ("version" = String, Path, description = "Its version", example = "0")), responses(
    (status = 200, description = "The model", body = InferenceModelView),
    (status = 400, description = "The name cannot be read", body = InferenceErrorView),
    (status = 404, description = "There is no such version", body = InferenceErrorView),
))]
pub(crate) async fn metadata_of_version(
    state: State<ServerState>,
    path: Asked,
) -> Result<Json<InferenceModelView>, Refusal> {
    metadata(state, path).await
}

/// Tells whether a model can be asked.
#[utoipa::path(get, path = "/v2/models/{name}/ready", tag = "inference protocol", params(("name" = String, Path, description = "Name of the model", example = "BASE")), responses(
    (status = 200, description = "It can", body = ModelReadyView),
    (status = 400, description = "The name cannot be read", body = InferenceErrorView),
    (status = 404, description = "There is no such model", body = InferenceErrorView),
))]
pub(crate) async fn model_ready(State(app): State<ServerState>, path: Asked) -> Result<Json<ModelReadyView>, Refusal> {
    let served = model(&app, path).await?;
    Ok(Json(ModelReadyView { name: served.version.name.clone(), ready: true }))
}

/// Tells whether a version of a model can be asked.
#[utoipa::path(get, path = "/v2/models/{name}/versions/{version}/ready", tag = "inference protocol", params(("name" = String, Path, description = "Name of the model", example = "BASE"), ("version" = String, Path, description = "Its version", example = "0")), responses(
    (status = 200, description = "It can", body = ModelReadyView),
    (status = 400, description = "The name cannot be read", body = InferenceErrorView),
    (status = 404, description = "There is no such version", body = InferenceErrorView),
))]
pub(crate) async fn version_ready(state: State<ServerState>, path: Asked) -> Result<Json<ModelReadyView>, Refusal> {
    model_ready(state, path).await
}

fn describe(served: &LoadedModel, versions: &[u64]) -> InferenceModelView {
    let horizon = match &served.version.card {
        Card::Base(card) => card.horizon,
        Card::Symbol(card) => card.horizon,
    };
    let steps = i64::try_from(horizon).unwrap_or(-1);
    let tensor = |name, shape| InferenceTensorView { name, datatype: "FP64", shape };
    InferenceModelView {
        name: served.version.name.clone(),
        versions: versions.iter().map(u64::to_string).collect(),
        platform: "closecast",
        inputs: INPUTS.iter().map(|name| tensor(name, vec![-1, -1])).collect(),
        outputs: vec![
            tensor("point", vec![-1, steps]),
            tensor("quantiles", vec![-1, steps, -1]),
            tensor("levels", vec![-1]),
        ],
        parameters: InferenceParametersView {
            days_needed: served.model.sessions_needed(),
            horizon,
            needs_ranges_for: match served.model.range_need() {
                RangeNeed::None => "none",
                RangeNeed::Spread => "spread",
                RangeNeed::Everything => "everything",
            },
        },
    }
}
