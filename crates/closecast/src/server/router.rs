//! The list of routes, in groups by what they ask of their caller, and what every answer passes through.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    access::Access,
    access_log::AccessLog,
    observe, openapi, problem,
    routes::{
        b3, batch, health,
        inference::{self, infer},
        jobs, predict, prediction_history, predictions, stocks, symbols, train,
    },
};
use crate::{app::App, pages};

/// A request that takes longer has gone wrong.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Returns all routes.
pub(crate) fn router(app: App, log: Arc<AccessLog>) -> Router {
    let (routes, document) = described(&app).with_state(app).split_for_parts();
    routes
        .merge(openapi::router(&document))
        .merge(pages::router())
        .fallback(problem::unknown_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(middleware::from_fn_with_state(log, observe::observe))
}

/// Returns the routes of the interface, with their description.
fn described(app: &App) -> OpenApiRouter<App> {
    let open = OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::health))
        .routes(routes!(inference::server))
        .routes(routes!(inference::live))
        .routes(routes!(inference::ready));
    let read = OpenApiRouter::new()
        .routes(routes!(symbols::list))
        .routes(routes!(stocks::history))
        .routes(routes!(predictions::show))
        .routes(routes!(prediction_history::list))
        .routes(routes!(b3::companies))
        .routes(routes!(inference::index, inference::index_posted))
        .routes(routes!(inference::metadata))
        .routes(routes!(inference::metadata_of_version))
        .routes(routes!(inference::model_ready))
        .routes(routes!(inference::version_ready))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show));
    // Files may be larger than other bodies.
    let upload = usize::try_from(app.settings.server.limits.upload.bytes()).unwrap_or(usize::MAX);
    let files = OpenApiRouter::new().routes(routes!(predict::predict)).layer(DefaultBodyLimit::max(upload));
    let compute = OpenApiRouter::new()
        .merge(files)
        .routes(routes!(batch::forecast))
        .routes(routes!(b3::show, b3::ask))
        .routes(routes!(infer::infer))
        .routes(routes!(infer::infer_version));
    let change = OpenApiRouter::new().routes(routes!(train::train)).routes(routes!(jobs::cancel));
    OpenApiRouter::with_openapi(openapi::about())
        .merge(Access::Open.group(app, open))
        .merge(Access::Read.group(app, read))
        .merge(Access::Compute.group(app, compute))
        .merge(Access::Change.group(app, change))
}
