//! An end to requests that take too long.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use super::{openapi, problem::Problem};

/// Lets a request through for so long; then whoever asked is told, and what was begun is dropped.
pub(super) async fn end_after(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_late) => {
            let detail = format!("the answer took longer than {} seconds", limit.as_secs());
            openapi::refuse(uri.path(), Problem::new(StatusCode::GATEWAY_TIMEOUT, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn status_of(path: &str) -> StatusCode {
        let slow = || async { tokio::time::sleep(Duration::from_secs(5)).await };
        let routes = Router::new().route("/slow", get(slow)).route("/quick", get(|| async {}));
        let routes = routes.layer(from_fn_with_state(Duration::from_secs(2), end_after));
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        routes.oneshot(request).await.unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told() {
        assert_eq!(status_of("/slow").await, StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(status_of("/quick").await, StatusCode::OK);
    }
}
