//! Signs of life.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use crate::{app::App, server::problem::Problem};

/// The process answers, whatever state its services are in.
pub(in crate::server) async fn live() -> &'static str {
    std::future::ready("ok").await
}

/// The process can answer questions: its database does.
pub(in crate::server) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    app.store.ping().await.map_err(|error| {
        tracing::error!(%error, "the database does not answer");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
    })?;
    Ok("ok")
}

/// Health as the older systems report it.
pub(in crate::server) async fn health(State(app): State<App>) -> Result<Json<Value>, Problem> {
    ready(State(app)).await?;
    Ok(Json(json!({ "status": "healthy", "version": env!("CARGO_PKG_VERSION") })))
}
