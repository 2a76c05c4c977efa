//! Answers to requests for which there is no route.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};

use super::{openapi, problem::Problem};

/// Answers where there is nothing. What ends in a slash is looked for without it, as other servers do; not at another host, which an
/// address beginning with two slashes, or with one and its mirror, would be.
pub(super) async fn unknown_route(uri: axum::http::Uri) -> Response {
    let shorter = uri.path().trim_end_matches('/');
    if shorter.len() < uri.path().len() && shorter.len() > 1 && !shorter.starts_with("//") && !shorter.contains('\\') {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return Redirect::permanent(&format!("{shorter}{query}")).into_response();
    }
    let problem = Problem::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", uri.path()));
    std::future::ready(openapi::refuse(uri.path(), problem)).await
}

pub(super) async fn wrong_method(method: axum::http::Method, uri: axum::http::Uri) -> Response {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not allowed here"));
    std::future::ready(openapi::refuse(uri.path(), problem)).await
}
