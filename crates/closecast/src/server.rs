//! The HTTP server: the list of routes, and what every answer passes through.

mod access_log;
mod observe;
mod problem;
mod routes;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    middleware,
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer};

pub(crate) use self::access_log::AccessLog;
use crate::{app::App, pages};

/// A request that takes longer has gone wrong.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Returns all routes.
pub(crate) fn router(app: App, log: Arc<AccessLog>) -> Router {
    Router::new()
        .route("/health", get(routes::health::health))
        .route("/livez", get(routes::health::live))
        .route("/readyz", get(routes::health::ready))
        .route("/api/symbols", get(routes::symbols::list))
        .route("/api/stocks/{symbol}", get(routes::stocks::history))
        .route("/api/predictions/{symbol}", get(routes::predictions::show))
        .route("/train", post(routes::train::train))
        .route("/api/jobs", get(routes::jobs::list))
        .route("/api/jobs/{id}", get(routes::jobs::show))
        .route("/api/jobs/{id}/cancel", post(routes::jobs::cancel))
        .with_state(app)
        .merge(pages::router())
        .fallback(problem::unknown_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(middleware::from_fn_with_state(log, observe::observe))
}
