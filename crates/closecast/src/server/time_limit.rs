//! An end to requests that take too long.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{openapi, problem::Problem, routes::inference::Refusal};

/// Lets a request through for so long; then whoever asked is told, and what was begun is dropped.
pub(super) async fn end_after(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let is_inference = openapi::is_inference(request.uri().path());
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_late) => {
            let detail = format!("the answer took longer than {} seconds", limit.as_secs());
            let problem = Problem::new(StatusCode::GATEWAY_TIMEOUT, detail);
            if is_inference { Refusal::from(problem).into_response() } else { problem.into_response() }
        }
    }
}
