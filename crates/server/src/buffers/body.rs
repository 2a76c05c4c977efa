//! Response bodies in pieces that are counted until the connection lets go of them.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody as _},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::{Bytes, BytesMut};
use hyper::body::{Frame, SizeHint};

use super::{
    account::ConnectionAccount,
    ledger::{BufferLedger, CallerId, LARGE_RESPONSE},
    response::{Reserved, TrackedResponse},
};
use crate::{pages::SharedBody, problem::Problem};

/// Largest piece that is handed to a connection at once.
const PIECE: usize = 32 * 1024;

/// Seconds after which a caller may ask again that has too many unread responses.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(4);

/// Size of a body before it is compressed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainSize(pub(crate) u64);

/// Returns the response with its body counted until the connection has let go of it. A caller with too many unread bytes gets a problem
/// of status 429 instead.
pub(crate) async fn track(
    response: Response,
    account: &Arc<ConnectionAccount>,
    ledger: &BufferLedger,
    caller: Option<CallerId>,
) -> Response<CountedBody> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS || response.body().is_end_stream() {
        return response.map(CountedBody::Uncounted);
    }
    let (mut parts, body) = response.into_parts();
    let exact = body.size_hint().exact();
    let plain = parts.extensions.get::<PlainSize>().map_or(LARGE_RESPONSE as u64, |&PlainSize(bytes)| bytes);
    let length = usize::try_from(exact.unwrap_or(plain)).unwrap_or(usize::MAX);
    let shared = parts.extensions.remove::<SharedBody>().is_some();
    let counted = if shared { 0 } else { length };
    let caller = caller.filter(|_| counted > LARGE_RESPONSE).map(|caller| (caller, counted));
    if let Some((caller, bytes)) = caller
        && !ledger.add_of_caller(caller, bytes)
    {
        let detail = "responses to earlier requests of this caller are not read yet: read them, then ask again";
        return Problem::too_many(RETRY_AFTER, detail).into_response().map(CountedBody::Uncounted);
    }
    let reserved = parts.extensions.remove::<Reserved>();
    // From before it is compressed, which takes time and memory too.
    let tracked = TrackedResponse::begin(account, (length, counted), caller, reserved);
    let bytes = match whole(body, exact, length, ledger).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracked.set_counted(0);
            tracing::error!(error, "a response could not be put together");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response().map(CountedBody::Uncounted);
        }
    };
    if !shared && bytes.len() != length {
        tracked.set_counted(bytes.len());
    }
    parts.headers.remove(header::TRANSFER_ENCODING);
    Response::from_parts(parts, CountedBody::Counted(TrackedBody { rest: bytes, shared, response: tracked }))
}

/// Returns the whole body. One that is being compressed is compressed to its end now: an encoder takes some hundred kilobytes, which it
/// would keep for as long as the client does not read.
async fn whole(mut body: Body, exact: Option<u64>, length: usize, ledger: &BufferLedger) -> Result<Bytes, String> {
    if exact.is_some() || length <= LARGE_RESPONSE {
        return collect(&mut body).await.map_err(|error| error.to_string());
    }
    // Away from the threads that answer, since this takes milliseconds; and few at a time, since it keeps a processor busy.
    let _place = ledger.compressions().acquire().await.map_err(|error| error.to_string())?;
    let handle = tokio::runtime::Handle::current();
    let compressed = tokio::task::spawn_blocking(move || handle.block_on(collect(&mut body)));
    compressed.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// Returns the whole body. Most come in one piece, which is not copied.
async fn collect(body: &mut Body) -> Result<Bytes, axum::Error> {
    let Some(first) = next_piece(body).await? else { return Ok(Bytes::new()) };
    let Some(second) = next_piece(body).await? else { return Ok(first) };
    let mut whole = BytesMut::from(first);
    whole.extend_from_slice(&second);
    while let Some(piece) = next_piece(body).await? {
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// Returns the next bytes of a body; `None` at its end.
async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, axum::Error> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await.transpose()?.map(Frame::into_data) {
            Some(Ok(bytes)) => return Ok(Some(bytes)),
            // Trailers: no body of ours has any.
            Some(Err(_trailers)) => {}
            None => return Ok(None),
        }
    }
}

/// The body of a response on its way to a connection.
pub(crate) enum CountedBody {
    /// One that takes next to no memory, or belongs to another protocol.
    Uncounted(Body),
    Counted(TrackedBody),
}

impl hyper::body::Body for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Uncounted(body) => Pin::new(body).poll_frame(context),
            Self::Counted(body) => Poll::Ready(body.next_piece().map(|piece| Ok(Frame::data(piece)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Uncounted(body) => body.is_end_stream(),
            Self::Counted(body) => body.rest.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Uncounted(body) => body.size_hint(),
            Self::Counted(body) => SizeHint::with_exact(body.rest.len() as u64),
        }
    }
}

/// A body whose bytes are counted.
pub(crate) struct TrackedBody {
    rest: Bytes,
    shared: bool,
    response: Arc<TrackedResponse>,
}

impl TrackedBody {
    fn next_piece(&mut self) -> Option<Bytes> {
        if self.rest.is_empty() {
            return None;
        }
        let bytes = self.rest.split_to(self.rest.len().min(PIECE));
        Some(Bytes::from_owner(Piece { bytes, shared: self.shared, response: Arc::clone(&self.response) }))
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        if !self.shared && !self.rest.is_empty() {
            self.response.release(self.rest.len());
        }
    }
}

/// Bytes in the hands of a connection.
struct Piece {
    bytes: Bytes,
    shared: bool,
    response: Arc<TrackedResponse>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if !self.shared {
            self.response.release(self.bytes.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use tokio_util::sync::CancellationToken;

    use super::{super::ledger::Connection as _, *};

    fn connection(ledger: &Arc<BufferLedger>) -> Arc<ConnectionAccount> {
        ConnectionAccount::open(ledger, CancellationToken::new())
    }

    async fn respond(
        size: usize,
        account: &Arc<ConnectionAccount>,
        ledger: &BufferLedger,
        caller: Option<CallerId>,
    ) -> Response<CountedBody> {
        track(vec![7_u8; size].into_response(), account, ledger, caller).await
    }

    #[tokio::test]
    async fn bytes_are_counted_until_the_last_piece_is_dropped() {
        let ledger = BufferLedger::new(10_000_000);
        let account = connection(&ledger);
        let mut body = respond(150_000, &account, &ledger, None).await.into_body();
        assert!(account.held() >= 150_000, "{}", account.held());
        let frame = |body: &mut CountedBody| {
            let mut context = Context::from_waker(std::task::Waker::noop());
            match Pin::new(body).poll_frame(&mut context) {
                Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap(),
                other => panic!("{other:?}"),
            }
        };
        let first = frame(&mut body);
        assert_eq!(first.len(), PIECE);
        assert!(account.held() >= 150_000, "the connection has it still");
        let part = first.slice(..10);
        drop(first);
        assert!(account.held() >= 150_000, "a part of a piece keeps the piece");
        drop(part);
        assert!(account.held() < 150_000);
        drop(body);
        assert_eq!(account.held(), 0);
    }

    #[tokio::test]
    async fn shared_bodies_take_no_memory_of_their_own() {
        let ledger = BufferLedger::new(10_000_000);
        let account = connection(&ledger);
        let response = (axum::Extension(SharedBody), vec![7_u8; 1_000_000]).into_response();
        let response = track(response, &account, &ledger, None).await;
        assert!(account.held() < 10_000);
        assert_eq!(to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap().len(), 1_000_000);
        assert_eq!(account.held(), 0);
    }

    #[tokio::test]
    async fn connection_with_most_unread_bytes_is_closed_when_the_sum_is_too_large() {
        let ledger = BufferLedger::new(1_000_000);
        let [greedy, modest] = [connection(&ledger), connection(&ledger)];
        let mut held = vec![respond(100_000, &modest, &ledger, None).await];
        for _ in 0..10 {
            held.push(respond(100_000, &greedy, &ledger, None).await);
        }
        assert!(greedy.is_closed() && !modest.is_closed());
        held.clear();
        assert_eq!((greedy.held(), modest.held()), (0, 0));
    }

    #[tokio::test]
    async fn caller_with_too_many_unread_bytes_gets_429_and_others_do_not() {
        let ledger = BufferLedger::new(4_000_000);
        let caller = |key: &str| Some(CallerId::of_key(key));
        let accounts: Vec<_> = (0..4).map(|_| connection(&ledger)).collect();
        let one = respond(900_000, &accounts[0], &ledger, caller("a")).await;
        assert_eq!(one.status(), 200);
        let second = respond(900_000, &accounts[1], &ledger, caller("a")).await;
        assert_eq!(second.status(), 429);
        assert_eq!(respond(900_000, &accounts[2], &ledger, caller("b")).await.status(), 200);
        assert_eq!(respond(1_000, &accounts[3], &ledger, caller("a")).await.status(), 200, "short ones are answered");
        drop(one);
        assert_eq!(respond(2_000_000, &accounts[1], &ledger, caller("a")).await.status(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn connection_is_closed_when_a_response_is_not_read_in_time() {
        let ledger = BufferLedger::new(10_000_000);
        let (slow, quick) = (connection(&ledger), connection(&ledger));
        let sweeping = tokio::spawn(Arc::clone(&ledger).sweep());
        let held = respond(1_000, &slow, &ledger, None).await;
        drop(respond(1_000, &quick, &ledger, None).await);
        tokio::time::sleep(std::time::Duration::from_secs(25)).await;
        assert!(!slow.is_closed());
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        assert!(slow.is_closed() && !quick.is_closed());
        drop(held);
        sweeping.abort();
    }

    #[tokio::test]
    async fn connection_beyond_its_bound_waits_until_it_has_read() {
        let ledger = BufferLedger::new(1_600_000);
        let account = connection(&ledger);
        let first = respond(200_000, &account, &ledger, None).await;
        let moment = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(moment, account.ready(None)).await.is_err());
        drop(first);
        assert!(tokio::time::timeout(moment, account.ready(None)).await.is_ok());
    }

    #[tokio::test]
    async fn response_larger_than_all_bounds_is_sent() {
        let ledger = BufferLedger::new(1_000_000);
        let account = connection(&ledger);
        let response = respond(5_000_000, &account, &ledger, Some(CallerId::of_key("a"))).await;
        assert!(!account.is_closed() && account.held() < 1_000_000);
        assert_eq!(to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap().len(), 5_000_000);
        assert_eq!(account.held(), 0);
    }

    #[tokio::test]
    async fn connections_of_the_caller_with_most_unread_bytes_are_closed_before_a_larger_one_of_another() {
        let ledger = BufferLedger::new(1_000_000);
        let polite = connection(&ledger);
        polite.ready(Some(CallerId::of_key("polite"))).await;
        let mut held = vec![respond(200_000, &polite, &ledger, None).await];
        let greedy: Vec<_> = (0..20).map(|_| connection(&ledger)).collect();
        for account in &greedy {
            account.ready(Some(CallerId::of_key("greedy"))).await;
            held.push(respond(50_000, account, &ledger, None).await);
        }
        assert!(!polite.is_closed() && greedy.iter().any(|account| account.is_closed()));
        held.clear();
    }

    #[tokio::test(start_paused = true)]
    async fn connection_that_reads_is_not_closed_while_others_do_not() {
        let ledger = BufferLedger::new(1_000_000);
        let [reads, waits, new] = [connection(&ledger), connection(&ledger), connection(&ledger)];
        let waiting = respond(300_000, &waits, &ledger, None).await;
        let reading = respond(500_000, &reads, &ledger, None).await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        let mut body = reading.into_body();
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut body).poll_frame(&mut context).is_ready(), "a piece is taken, and let go of");
        let third = respond(400_000, &new, &ledger, None).await;
        assert!(waits.is_closed() && !reads.is_closed() && !new.is_closed());
        drop((waiting, third));
    }

    #[tokio::test(start_paused = true)]
    async fn long_shared_body_may_take_as_long_as_another_of_its_length() {
        let ledger = BufferLedger::new(10_000_000);
        let account = connection(&ledger);
        let sweeping = tokio::spawn(Arc::clone(&ledger).sweep());
        let response = (axum::Extension(SharedBody), vec![7_u8; 1_000_000]).into_response();
        let held = track(response, &account, &ledger, None).await;
        tokio::time::sleep(std::time::Duration::from_secs(80)).await;
        assert!(!account.is_closed());
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        assert!(account.is_closed());
        drop(held);
        sweeping.abort();
    }
}
