//! The list of routes, in groups by what they ask of their caller, and what every answer passes through.

use std::{sync::Arc, time::Duration};

use axum::{Router, http::StatusCode, middleware};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    access::Access,
    access_log::AccessLog,
    observe::{self, Books},
    openapi, problem,
    routes::{alerts, health, jobs, ml_health, monitoring, predictions, stocks, symbols, train},
};
use crate::{app::App, pages};

/// A request that takes longer has gone wrong.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Returns all routes.
pub(crate) fn router(app: App, log: Arc<AccessLog>) -> Router {
    let books = Arc::new(Books { log, monitor: Arc::clone(&app.monitor) });
    let (routes, document) = described(&app).with_state(app).split_for_parts();
    routes
        .merge(openapi::router(&document))
        .merge(pages::router())
        .fallback(problem::unknown_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(middleware::from_fn_with_state(books, observe::observe))
}

/// Returns the routes of the interface, with their description.
fn described(app: &App) -> OpenApiRouter<App> {
    let open = OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::health));
    let read = OpenApiRouter::new()
        .routes(routes!(symbols::list))
        .routes(routes!(stocks::history))
        .routes(routes!(predictions::show))
        .routes(routes!(monitoring::metrics))
        .routes(routes!(monitoring::metrics_under_monitoring))
        .routes(routes!(monitoring::metrics_under_v1))
        .routes(routes!(monitoring::show))
        .routes(routes!(ml_health::health))
        .routes(routes!(ml_health::drift_report))
        .routes(routes!(ml_health::overview))
        .routes(routes!(ml_health::data_quality))
        .routes(routes!(ml_health::prediction_distribution))
        .routes(routes!(alerts::list))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show));
    let change = OpenApiRouter::new().routes(routes!(train::train)).routes(routes!(jobs::cancel));
    OpenApiRouter::with_openapi(openapi::about())
        .merge(Access::Open.group(app, open))
        .merge(Access::Read.group(app, read))
        .merge(Access::Change.group(app, change))
}
