//! The list of routes, in groups by what they ask of their caller, and what every answer passes through.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware,
};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    access::Access,
    access_log::AccessLog,
    observe, openapi, problem,
    routes::{b3, batch, health, jobs, keys, live, predict, prediction_history, predictions, stocks, symbols, train},
};
use crate::{app::App, pages};

/// A request that takes longer has gone wrong.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a browser may remember what it may ask.
const PREFLIGHT: Duration = Duration::from_secs(600);

/// Returns all routes.
pub(crate) fn router(app: App, log: Arc<AccessLog>) -> Router {
    let settings = Arc::clone(&app.settings);
    let (routes, document) = described(&app).with_state(app).split_for_parts();
    routes
        .merge(openapi::router(&document))
        .merge(pages::router())
        .fallback(problem::unknown_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(CompressionLayer::new())
        .layer(DefaultBodyLimit::max(usize::try_from(settings.server.limits.body.bytes()).unwrap_or(usize::MAX)))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(cors(&settings.server.cors_origins))
        .layer(middleware::from_fn_with_state((log, settings), observe::observe))
}

/// Lets the pages of other sites read answers; of none unless the settings name them. Keys are sent by their scripts, and never
/// by the browser itself: there are no cookies to be allowed.
fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    let named = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_NONE_MATCH, named("x-api-key")])
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER, named("x-request-id")])
        .max_age(PREFLIGHT)
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
        .routes(routes!(prediction_history::list))
        .routes(routes!(b3::companies))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show))
        .routes(routes!(live::connect));
    // Files may be larger than other bodies.
    let upload = usize::try_from(app.settings.server.limits.upload.bytes()).unwrap_or(usize::MAX);
    let files = OpenApiRouter::new().routes(routes!(predict::predict)).layer(DefaultBodyLimit::max(upload));
    let compute = OpenApiRouter::new().merge(files).routes(routes!(batch::forecast)).routes(routes!(b3::show, b3::ask));
    let change = OpenApiRouter::new().routes(routes!(train::train)).routes(routes!(jobs::cancel));
    let administer = OpenApiRouter::new()
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::audit));
    OpenApiRouter::with_openapi(openapi::about())
        .merge(Access::Open.group(app, open))
        .merge(Access::Read.group(app, read))
        .merge(Access::Compute.group(app, compute))
        .merge(Access::Change.group(app, change))
        .merge(Access::Administer.group(app, administer))
}
