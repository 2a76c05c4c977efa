//! The HTTP server: the list of routes, and what every answer passes through.

mod problem;
mod routes;

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    routing::{get, post},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
    trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer},
};

use crate::{app::App, pages};

/// A request that takes longer has gone wrong.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Returns all routes.
pub(crate) fn router(app: App) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
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
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CompressionLayer::new())
        .layer(if_missing(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(if_missing(header::REFERRER_POLICY, "no-referrer"))
        .layer(if_missing(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(DefaultMakeSpan::new().level(tracing::Level::INFO))
                .on_response(DefaultOnResponse::new().level(tracing::Level::INFO)),
        )
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
}

fn if_missing(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
