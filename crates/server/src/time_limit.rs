//! An end to requests that take too long.

use std::time::Duration;

use axum::{
    body::HttpBody as _,
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{body_rate::require_minimum_rate, buffers::PlainSize, openapi, problem::Problem};

/// Returns the answer to a request whose body arrives quickly enough. After `limit` it is one of status 504, and what was begun is dropped.
pub(super) async fn end_after(limit: Duration, request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let may_be_compressed = request.headers().contains_key(header::ACCEPT_ENCODING);
    match tokio::time::timeout(limit, require_minimum_rate(request, next)).await {
        Ok(mut response) => {
            if may_be_compressed && let Some(bytes) = response.body().size_hint().exact() {
                response.extensions_mut().insert(PlainSize(bytes));
            }
            response
        }
        Err(_late) => {
            let detail = format!("the answer took longer than {} seconds", limit.as_secs());
            openapi::refuse(uri.path(), Problem::new(StatusCode::GATEWAY_TIMEOUT, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn status_of(path: &str) -> StatusCode {
        let slow = || async { tokio::time::sleep(Duration::from_secs(5)).await };
        let routes = Router::new().route("/slow", get(slow)).route("/quick", get(|| async {}));
        let routes = routes.layer(from_fn(|request, next| end_after(Duration::from_secs(2), request, next)));
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        routes.oneshot(request).await.unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn answer_is_504_when_it_takes_too_long() {
        assert_eq!(status_of("/slow").await, StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(status_of("/quick").await, StatusCode::OK);
    }
}
