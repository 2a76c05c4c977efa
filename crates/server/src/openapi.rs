//! The description of the interface: OpenAPI 3.1, made from the code.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        Content, ContentBuilder, Ref,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    problem::{Problem, ProblemBody},
    routes::inference::Refusal,
};
use crate::pages::{Precompressed, accepts_gzip};
use closecast_api::inference::InferenceErrorView;

/// Names of the ways in which a key can be sent.
pub(super) const WAYS_IN: [&str; 2] = ["bearer", "api_key"];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "closecast",
        description = "Forecasts of stock closing prices with LSTM networks, with their distribution and beside the naive forecast.",
    ),
    tags(
        (name = "forecasts", description = "Forecasts, each with its distribution, and what became of former ones"),
        (name = "stocks", description = "Prices"),
        (name = "training", description = "Trainings and other work in the background"),
        (name = "models", description = "Models, their versions, and the runs that made them"),
        (name = "health of models", description = "Drift, bias and errors of what is in service"),
        (name = "inference protocol", description = "Open Inference Protocol, version 2"),
        (name = "monitoring", description = "Signs of life and figures of this server"),
        (name = "security", description = "Keys, and who did what"),
    ),
    components(schemas(ProblemBody, InferenceErrorView)),
)]
struct About;

/// Returns the description without routes.
pub(super) fn about() -> utoipa::openapi::OpenApi {
    let mut document = About::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let components = document.components.get_or_insert_default();
    let bearer =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A key of `closecast keys create`")).build();
    components.add_security_scheme(WAYS_IN[0], SecurityScheme::Http(bearer));
    let header = ApiKeyValue::with_description("x-api-key", "A key of `closecast keys create`");
    components.add_security_scheme(WAYS_IN[1], SecurityScheme::ApiKey(ApiKey::Header(header)));
    document
}

/// Returns whether a route is one of the Open Inference Protocol, which has its own form of errors.
pub(super) fn is_inference(path: &str) -> bool {
    path == "/v2" || path.starts_with("/v2/")
}

/// Returns a refusal in the form that clients of the route expect.
pub(super) fn refuse(path: &str, problem: Problem) -> Response {
    if is_inference(path) { Refusal::from(problem).into_response() } else { problem.into_response() }
}

/// Returns the media type and the content of a route's error answers.
pub(super) fn refusal(path: &str) -> (&'static str, Content) {
    let of = |name: &str| ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
    if is_inference(path) {
        ("application/json", of(&InferenceErrorView::name()))
    } else {
        ("application/problem+json", of(&ProblemBody::name()))
    }
}

/// Returns the routes that give the description.
pub(super) fn router(document: &utoipa::openapi::OpenApi) -> Router {
    let json: Bytes = document.to_json().unwrap_or_default().into();
    let body = Arc::new(Precompressed::of_plain(json));
    Router::new().route(
        "/openapi.json",
        get(move |headers: HeaderMap| {
            let response = body.response(accepts_gzip(&headers));
            let head = [(header::CONTENT_TYPE, "application/json"), (header::VARY, "accept-encoding")];
            std::future::ready((head, response.unwrap_or_default()).into_response())
        }),
    )
}
