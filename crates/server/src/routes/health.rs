//! Signs of life.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::state::ServerState;
use closecast_app::store_state::NotReady;

/// Health as the older systems report it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `healthy`: what is not answers with an error.
    #[schema(example = "healthy")]
    status: &'static str,
    /// Version of the program.
    version: &'static str,
}

/// The process answers, whatever state its services are in.
#[utoipa::path(get, path = "/livez", tag = "monitoring", responses((status = 200, description = "It answers", body = String, content_type = "text/plain")))]
pub(crate) async fn live() -> &'static str {
    std::future::ready("ok").await
}

/// The process can answer questions: its database can be read and written, and the server is not shutting down. Otherwise the
/// answer has status 503 and says why.
#[utoipa::path(get, path = "/readyz", tag = "monitoring", responses((status = 200, description = "It can", body = String, content_type = "text/plain")))]
pub(crate) async fn ready(State(app): State<ServerState>) -> Result<&'static str, Problem> {
    let ready = if app.events.stopping().is_cancelled() {
        Err(NotReady::ShuttingDown)
    } else {
        app.readiness.check(&app.store).await
    };
    ready.map(|()| "ok").map_err(|reason| Problem::new(StatusCode::SERVICE_UNAVAILABLE, reason.to_string()))
}

/// Health as the older systems report it, under the same conditions as `/readyz`.
#[utoipa::path(get, path = "/health", tag = "monitoring", responses((status = 200, description = "All is well", body = Health)))]
pub(crate) async fn health(State(app): State<ServerState>) -> Result<Json<Health>, Problem> {
    ready(State(app)).await?;
    Ok(Json(Health { status: "healthy", version: env!("CARGO_PKG_VERSION") }))
}
