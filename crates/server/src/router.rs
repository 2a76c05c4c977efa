//! What every answer passes through.

mod groups;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler as _,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header},
    middleware,
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::NotForContentType},
    cors::CorsLayer,
};

use super::{
    access_log::AccessLog,
    allow::{OpenRoutes, limit_open},
    error_lines::ErrorLines,
    fallback,
    observe::{self, Books},
    openapi, problem,
};
use crate::pages;
use crate::state::ServerState;

/// A request that takes longer has gone wrong.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a browser may remember what it may ask.
const PREFLIGHT: Duration = Duration::from_secs(600);

/// Returns all routes.
pub fn router(app: ServerState, log: Arc<AccessLog>) -> Router {
    let open = OpenRoutes { app: app.clone(), limit: TIMEOUT };
    let books = Books {
        log,
        monitor: Arc::clone(&app.monitor),
        settings: Arc::clone(&app.settings),
        security: Arc::clone(&app.security),
        errors: ErrorLines::default(),
    };
    let settings = Arc::clone(&app.settings);
    let (routes, document) = groups::described(&app).with_state(app).split_for_parts();
    let limited = middleware::from_fn_with_state(open, limit_open);
    let beside = openapi::router(&document).merge(pages::router()).layer(limited.clone());
    let body = usize::try_from(settings.limits.body.bytes()).unwrap_or(usize::MAX);
    // One layer for the router: it boxes each, and copies each box with all that is in it for every request.
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(Arc::new(books), observe::observe))
        .layer(cors(&settings.cors_origins))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(DefaultBodyLimit::max(body))
        .layer(CompressionLayer::new().compress_when(compressible()));
    routes
        .merge(beside)
        .fallback(fallback::unknown_route.layer(limited.clone()))
        .method_not_allowed_fallback(fallback::wrong_method.layer(limited))
        .layer(layers)
}

/// Returns which answers are compressed: no refusals, and no numbers as they lie in memory, which hardly get shorter.
fn compressible() -> impl Predicate {
    const NUMBERS: NotForContentType = NotForContentType::const_new("application/octet-stream");
    DefaultPredicate::new().and(NUMBERS).and(is_no_refusal)
}

/// A refusal is short, and NVIDIA's client reads none that is compressed.
fn is_no_refusal(status: StatusCode, _version: Version, _headers: &HeaderMap, _extensions: &Extensions) -> bool {
    !status.is_client_error() && !status.is_server_error()
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
        .allow_headers([
            header::AUTHORIZATION,
            header::CACHE_CONTROL,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            named("x-api-key"),
            named("x-request-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            named("x-next-cursor"),
            named("x-process-time"),
            named("x-request-id"),
        ])
        .max_age(PREFLIGHT)
}
