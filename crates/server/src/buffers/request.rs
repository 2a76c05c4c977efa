//! Requests, counted while they are in hand.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::account::{ConnectionAccount, OVERHEAD_BYTES};

/// Bytes of a request that are counted until it is answered.
#[derive(Debug)]
pub(crate) struct Hold {
    account: Arc<ConnectionAccount>,
    bytes: AtomicUsize,
}

/// Returns the request with its head and its body counted until the hold is dropped. Of a body at most `limit` bytes count: only files
/// are longer, and they go to the disk piece by piece.
pub(crate) fn hold(request: Request<Incoming>, account: &Arc<ConnectionAccount>, limit: usize) -> (Request, Arc<Hold>) {
    let fields = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    let head = OVERHEAD_BYTES + fields.sum::<usize>();
    let hold = Arc::new(Hold { account: Arc::clone(account), bytes: AtomicUsize::new(0) });
    hold.add(head);
    let has_body = !request.body().is_end_stream();
    let request = request.map(|body| {
        if has_body { Body::new(HeldBody { body, left: limit, hold: Arc::clone(&hold) }) } else { Body::empty() }
    });
    (request, hold)
}

impl Hold {
    fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.account.add(bytes);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.account.remove(self.bytes.load(Ordering::Relaxed));
    }
}

/// A body whose bytes are counted as they arrive.
struct HeldBody {
    body: Incoming,
    /// Bytes that are counted still.
    left: usize,
    hold: Arc<Hold>,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            let counted = data.len().min(self.left);
            self.left -= counted;
            self.hold.add(counted);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
