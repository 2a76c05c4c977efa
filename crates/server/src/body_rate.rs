//! A minimum rate at which the body of a request must arrive.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::{openapi, problem::Problem};

/// Time within which [`WINDOW_BYTES`] must arrive, counted while the server waits for them.
const WINDOW: Duration = Duration::from_secs(10);

/// Bytes of a body that must arrive in each window, unless it ends before.
const WINDOW_BYTES: usize = 10 * 1024;

/// Ends a request whose body arrives more slowly than [`WINDOW_BYTES`] in [`WINDOW`] with status 408.
pub(super) async fn require_minimum_rate(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let too_slow = Arc::new(AtomicBool::new(false));
    let path = request.uri().path().to_owned();
    let request = request.map(|body| Body::new(RatedBody::new(body, Arc::clone(&too_slow))));
    let response = next.run(request).await;
    // The handler has seen a body that breaks off, and says so.
    if too_slow.load(Ordering::Relaxed) && !response.status().is_success() {
        let detail = format!(
            "the body arrived too slowly: send at least {WINDOW_BYTES} bytes every {} seconds",
            WINDOW.as_secs()
        );
        return openapi::refuse(&path, Problem::new(StatusCode::REQUEST_TIMEOUT, detail));
    }
    response
}

/// A body that fails when it arrives too slowly. Time in which the handler does not read does not count.
struct RatedBody {
    body: Body,
    /// Bytes that arrived in this window.
    bytes: usize,
    /// Waiting time that is left in this window.
    left: Duration,
    /// When the wait for the next bytes began, and its end; while there is such a wait.
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
    too_slow: Arc<AtomicBool>,
}

impl RatedBody {
    fn new(body: Body, too_slow: Arc<AtomicBool>) -> Self {
        Self { body, bytes: 0, left: WINDOW, wait: None, too_slow }
    }

    /// Counts bytes that arrived, and begins another window once there are enough.
    fn arrived(&mut self, bytes: usize) {
        if let Some((begun, _)) = self.wait.take() {
            self.left = self.left.saturating_sub(begun.elapsed());
        }
        self.bytes += bytes;
        if self.bytes >= WINDOW_BYTES {
            (self.bytes, self.left) = (0, WINDOW);
        }
    }
}

impl HttpBody for RatedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let bytes = match &frame {
                Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
                _ => 0,
            };
            self.arrived(bytes);
            return Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)));
        }
        let left = self.left;
        let (_, end) = self.wait.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
        if end.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.too_slow.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err("the body arrived too slowly".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::Method, middleware::from_fn, routing::post};
    use futures_util::stream;
    use tower::ServiceExt as _;

    use super::*;

    /// Returns the status of the answer to a body of `pieces` times `bytes`, with a `pause` before each.
    async fn status_of(pieces: usize, bytes: usize, pause: Duration) -> StatusCode {
        let body = stream::unfold(0, move |sent| async move {
            tokio::time::sleep(pause).await;
            (sent < pieces).then(|| (Ok::<_, BoxError>(Bytes::from(vec![b'x'; bytes])), sent + 1))
        });
        let answer = |body: Bytes| async move { body.len().to_string() };
        let routes = Router::new().route("/", post(answer)).layer(from_fn(require_minimum_rate));
        let request = Request::builder().method(Method::POST).uri("/").body(Body::from_stream(body)).unwrap();
        routes.oneshot(request).await.unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn body_is_refused_when_it_arrives_more_slowly_than_the_minimum_rate() {
        for (pieces, bytes, pause) in [(1, 1, 11), (100, 1, 1), (100, 900, 1), (3, 9_000, 9)] {
            let status = status_of(pieces, bytes, Duration::from_secs(pause)).await;
            assert_eq!(status, StatusCode::REQUEST_TIMEOUT, "{pieces} pieces of {bytes} bytes every {pause} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn body_is_taken_when_it_is_small_or_arrives_steadily() {
        for (pieces, bytes, pause) in [(1, 1, 4), (100, 1100, 1), (9, 11_000, 9), (9, 1, 0)] {
            let status = status_of(pieces, bytes, Duration::from_secs(pause)).await;
            assert_eq!(status, StatusCode::OK, "{pieces} pieces of {bytes} bytes every {pause} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_the_handler_does_other_work_does_not_count() {
        let slow = |mut request: Request| async move {
            let mut pieces = std::mem::take(request.body_mut()).into_data_stream();
            let mut bytes = 0;
            while let Some(Ok(piece)) = futures_util::StreamExt::next(&mut pieces).await {
                tokio::time::sleep(Duration::from_secs(20)).await;
                bytes += piece.len();
            }
            bytes.to_string()
        };
        let routes = Router::new().route("/", post(slow)).layer(from_fn(require_minimum_rate));
        let pieces = stream::iter((0..5).map(|_| Ok::<_, BoxError>(Bytes::from_static(b"x"))));
        let request = Request::builder().method(Method::POST).uri("/").body(Body::from_stream(pieces)).unwrap();
        let response = routes.oneshot(request).await.unwrap();
        assert_eq!(axum::body::to_bytes(response.into_body(), 10).await.unwrap(), "5");
    }
}
