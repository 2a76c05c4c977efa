//! One request of a connection.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::{HeaderValue, Version, header},
    response::Response,
};
use hyper::body::Incoming;
use tower::ServiceExt as _;

use crate::{
    address,
    auth::key_in,
    buffers::{BufferLedger, CallerId, ConnectionAccount, CountedBody, hold, track},
    observe::Keyed,
    options::ServerSettings,
};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: ServerSettings,
    pub(super) ledger: Arc<BufferLedger>,
    /// The server received the stop signal.
    pub(super) is_closing: AtomicBool,
}

/// Answers the requests of one connection.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) routes: Router,
    pub(super) peer: SocketAddr,
    pub(super) account: Arc<ConnectionAccount>,
    pub(super) shared: Arc<Shared>,
}

impl Conversation {
    /// Answers a request, once the connection has read enough of its earlier responses.
    pub(super) async fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
    ) -> Result<Response<CountedBody>, Infallible> {
        let Self { routes, peer, account, shared } = self.as_ref();
        let trusted = &shared.settings.trusted_proxies;
        request.extensions_mut().insert(ConnectInfo(*peer));
        let by_address = CallerId::of_address(address::of(request.headers(), request.extensions(), trusted));
        let by_key = key_in(request.headers()).map(CallerId::of_key);
        account.ready(by_address).await;
        let body_limit = usize::try_from(shared.settings.limits.body.bytes()).unwrap_or(usize::MAX);
        let version = request.version();
        let (request, _held) = hold(request, account, body_limit);
        let response = routes.clone().oneshot(request).await?;
        // A key counts where it was looked at and opened.
        let keyed = response.extensions().get::<Keyed>().is_some();
        let caller = if keyed { by_key } else { by_address };
        let mut response = track(response, account, &shared.ledger, caller).await;
        // A client that keeps its connection sends the next request elsewhere, before this connection is closed under it.
        if version < Version::HTTP_2 && shared.is_closing.load(Ordering::Relaxed) {
            response.headers_mut().entry(header::CONNECTION).or_insert(HeaderValue::from_static("close"));
        }
        Ok(response)
    }
}
