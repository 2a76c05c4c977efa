//! Keys, and who did what with them.

use axum::{Extension, Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use closecast_store::StoredAuditEntry;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::state::ServerState;
use crate::{
    auth::Subject,
    extract::{JsonBody, Parameters},
    id_path::IdPath,
    problem::{Problem, ProblemBody, within},
    security::Caller,
};
use closecast_api::key::{KeyView, NewKeyView};
use closecast_app::{
    access::Role,
    error::AppError,
    use_cases::{self, keys::Maker},
};

/// Most acts of a page.
const MAX_LIMIT: u64 = 500;

/// The keys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keys {
    keys: Vec<KeyView>,
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyRequest)]
pub(crate) struct Request {
    /// What to call it, for example who uses it.
    #[schema(
        example = "dashboard",
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f](.*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
}

/// What the owner of a key may do. Each role may do what the one before it may.
#[derive(ToSchema)]
#[schema(as = Role, rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes the role in OpenAPI")]
enum RoleName {
    /// Read, and ask for forecasts
    Viewer,
    /// Train, import prices, cancel jobs, put models into service
    Operator,
    /// Make and revoke keys, see who did what
    Admin,
}

/// Which acts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Identifier of the last act of the page before.
    before: Option<i64>,
    /// Most acts of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u64>,
}

/// A page of the book of who did what, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Acts)]
pub(crate) struct Page {
    acts: Vec<ActView>,
    /// Where the next page begins.
    next: Option<i64>,
}

/// Something that somebody did, or was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Act)]
struct ActView {
    id: i64,
    at: DateTime<Utc>,
    /// Identifier of the key; absent where none was asked for.
    key_id: Option<String>,
    key_name: Option<String>,
    /// Where it was asked from.
    address: String,
    /// Identifier of the request, as in the access log.
    request_id: String,
    #[schema(example = "POST /api/jobs/{id}/cancel")]
    action: String,
    target: String,
    /// Status of the answer.
    status: u16,
}

impl From<StoredAuditEntry> for ActView {
    fn from(StoredAuditEntry { id, at, entry: act }: StoredAuditEntry) -> Self {
        let (key_id, key_name) = act.key.unzip();
        let (address, request_id, action, target) = (act.address, act.request_id, act.action, act.target);
        Self { id, at, key_id, key_name, address, request_id, action, target, status: act.status }
    }
}

/// Lists keys, oldest first.
#[utoipa::path(get, path = "/api/keys", tag = "security", responses((status = 200, description = "The keys", body = Keys)))]
pub(crate) async fn list(State(app): State<ServerState>) -> Result<Json<Keys>, Problem> {
    let keys = app.store.keys().list().await.map_err(AppError::from)?;
    Ok(Json(Keys { keys: keys.into_iter().map(KeyView::from).collect() }))
}

/// Makes a key. Once there is one, requests need one.
#[utoipa::path(post, path = "/api/keys", tag = "security", request_body = Request, responses(
    (status = 201, description = "The key, which is not shown again", body = NewKeyView),
    (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    State(app): State<ServerState>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<Request>,
) -> Result<(StatusCode, Extension<Subject>, Json<NewKeyView>), Problem> {
    let role = request.role;
    // A caller without a key was admitted because there was none; others may have been at the same moment.
    let maker = if caller.key.is_some() { Maker::Admin } else { Maker::Keyless };
    let created = use_cases::keys::create(&app, &request.name, role, maker).await;
    app.security.keyring.forget();
    let (key, key_id) = created?;
    let subject = Subject(format!("key {key_id} ({role})"));
    Ok((
        StatusCode::CREATED,
        Extension(subject),
        Json(NewKeyView { key_id, key: key.reveal().to_owned(), role: role.name() }),
    ))
}

/// Revokes a key. This server follows at once, others within ten seconds.
#[utoipa::path(delete, path = "/api/keys/{id}", tag = "security", params(("id" = String, Path, description = "Identifier of the key")), responses(
    (status = 200, description = "The key, which opens nothing any more", body = KeyView),
    (status = 404, description = "There is no such key that still opens", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn revoke(State(app): State<ServerState>, IdPath(id): IdPath) -> Result<Json<KeyView>, Problem> {
    // In a task of its own: a client that disconnects must not stop it between the two steps.
    let work = async move {
        let revoked = use_cases::keys::revoke(&app, &id).await;
        app.security.keyring.forget();
        app.events.dismiss(&id);
        revoked
    };
    let revoked = tokio::spawn(work).await.map_err(|panic| AppError::Internal(panic.to_string()))?;
    Ok(Json(revoked?.into()))
}

/// Lists who did what, newest first: whatever changed something or was to do so, and all use of keys' own routes.
#[utoipa::path(get, path = "/api/audit", tag = "security", params(Asked), responses(
    (status = 200, description = "A page of acts", body = Page),
    (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn audit(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<Asked>,
) -> Result<Json<Page>, Problem> {
    let limit = asked.limit.unwrap_or(100);
    within("limit", limit, 1..=MAX_LIMIT)?;
    let acts = app.store.audit().list(asked.before, limit).await.map_err(AppError::from)?;
    let next = acts.last().filter(|_| acts.len() as u64 == limit).map(|act| act.id);
    Ok(Json(Page { acts: acts.into_iter().map(ActView::from).collect(), next }))
}
