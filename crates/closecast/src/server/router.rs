//! The list of routes, in groups by what they ask of their caller, and what every answer passes through.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    access::Access,
    access_log::AccessLog,
    observe, openapi, problem,
    routes::{health, jobs, models, predictions, retrain, runs, stocks, symbols, train},
};
use crate::{app::App, pages};

/// A request that takes longer has gone wrong.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The same for one that sends a file.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);

/// The same for one that compares models, or waits for the end of a training, which a client may ask for ten
/// minutes long.
const LONG_TIMEOUT: Duration = Duration::from_secs(660);

/// Returns all routes.
pub(crate) fn router(app: App, log: Arc<AccessLog>) -> Router {
    let (routes, document) = described(&app).with_state(app).split_for_parts();
    let beside = openapi::router(&document).merge(pages::router()).layer(ending_after(TIMEOUT));
    routes
        .merge(beside)
        .fallback(problem::unknown_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(middleware::from_fn_with_state(log, observe::observe))
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
        .routes(routes!(stocks::popular::list))
        .routes(routes!(stocks::compare::compare))
        .routes(routes!(stocks::test_payload::show))
        .routes(routes!(predictions::show))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show))
        .routes(routes!(models::list))
        .routes(routes!(models::show))
        .routes(routes!(models::version))
        .routes(routes!(models::artifact::download))
        .routes(routes!(models::events))
        .routes(routes!(runs::list))
        .routes(routes!(runs::show));
    let change = OpenApiRouter::new()
        .routes(routes!(stocks::refresh::refresh))
        .routes(routes!(jobs::cancel))
        .routes(routes!(models::service::rollback))
        .routes(routes!(retrain::one))
        .routes(routes!(retrain::all));
    OpenApiRouter::with_openapi(openapi::about())
        .merge(Access::Open.group(app, open))
        .merge(Access::Read.group(app, read))
        .merge(Access::Change.group(app, change))
        .layer(ending_after(TIMEOUT))
        .merge(Access::Change.group(app, long()).layer(ending_after(LONG_TIMEOUT)))
}

/// Returns the routes that may take long, all of which change what is stored.
fn long() -> OpenApiRouter<App> {
    // Files are counted as they come in, against a limit of their own.
    let uploads = OpenApiRouter::new()
        .routes(routes!(stocks::upload::of_symbol))
        .routes(routes!(stocks::upload::any))
        .layer(DefaultBodyLimit::disable())
        .layer(ending_after(UPLOAD_TIMEOUT));
    OpenApiRouter::new().routes(routes!(train::train)).routes(routes!(models::service::promote)).merge(uploads)
}

fn ending_after(timeout: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, timeout)
}
