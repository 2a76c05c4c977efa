//! Connections: a bounded number at a time, each bounded in time and memory, and closed in order when the server stops.

mod answer;
mod begin;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::Request};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use self::{
    answer::{Conversation, Shared},
    begin::begins_in_time,
};
use super::buffers::{BufferLedger, ConnectionAccount};
use crate::{events::ConnectionQuota, options::ServerSettings, security::network};

/// How long the head of a request may take, and a connection may lie idle between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a quiet peer of HTTP/2 is asked for a sign of life, and how long it may take for that.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long a client may take nothing of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Pause after the operating system refused a connection, for want of file descriptors for example.
const REFUSED_PAUSE: Duration = Duration::from_millis(200);

/// How long connections are still accepted after the stop signal, while every response carries `Connection: close`.
const DRAIN: Duration = Duration::from_millis(500);

/// How long the connections that were taken last have until their first request is read.
const LAST_REQUESTS: Duration = Duration::from_millis(250);

/// Bytes that HTTP/1 keeps of a connection while it reads a head, and while it writes.
const HTTP1_BUFFER: usize = 32 * 1024;

/// Bytes of a request's body that HTTP/2 takes before somebody reads them: of a stream, and of all streams of a connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// Bytes of a response that HTTP/2 keeps of a stream, and of the headers of a request.
const STREAM_SEND_BUFFER: usize = 32 * 1024;
const HEADERS_LIMIT: u32 = 16 * 1024;

/// Serves `routes` to every client, until `stop` returns; then requests in hand are answered, and no more are taken.
/// At most as many connections as the settings say are open at a time: the next ones wait for one of them to end, and those of an
/// address that has too many of them are closed.
pub async fn serve(listener: TcpListener, routes: Router, settings: &ServerSettings, stop: impl Future<Output = ()>) {
    let server = Server::new(routes, settings);
    let sweeping = tokio::spawn(Arc::clone(&server.shared.ledger).sweep());
    // When this is given up, all connections end with it.
    let _cut_at_the_end = server.cut.clone().drop_guard();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = server.next(&listener) => server.take(accepted).await,
            () = &mut stop => break,
        }
    }
    server.drain(listener).await;
    sweeping.abort();
}

struct Server {
    routes: Router,
    builder: Builder<TokioExecutor>,
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    each: Arc<ConnectionQuota>,
    graceful: GracefulShutdown,
    /// Connections that were closed because their address had too many.
    too_many: AtomicU64,
    /// Connections on which nothing was sent yet are no longer waited for.
    ending: CancellationToken,
    cut: CancellationToken,
}

/// A connection with its place among all.
type Accepted = io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)>;

impl Server {
    fn new(routes: Router, settings: &ServerSettings) -> Self {
        let limits = &settings.limits;
        let buffers = usize::try_from(limits.buffers.bytes()).unwrap_or(usize::MAX);
        let shared = Shared {
            settings: settings.clone(),
            ledger: BufferLedger::new(buffers),
            is_closing: AtomicBool::new(false),
        };
        Self {
            routes,
            builder: builder(limits.streams),
            shared: Arc::new(shared),
            places: Arc::new(Semaphore::new(limits.connections)),
            each: Arc::default(),
            graceful: GracefulShutdown::new(),
            too_many: AtomicU64::new(0),
            ending: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }

    /// Returns the next connection, once there is a place for it.
    async fn next(&self, listener: &TcpListener) -> Accepted {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = listener.accept().await?;
        Ok((stream, peer, place))
    }

    async fn take(&self, accepted: Accepted) {
        match accepted {
            Ok((stream, peer, place)) => self.serve(stream, peer, place),
            Err(error) => {
                tracing::warn!("a connection was refused: {error}");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }

    /// Serves a connection in a task of its own.
    fn serve(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        let limits = &self.shared.settings.limits;
        let counted = counted_as(peer, &self.shared.settings);
        let Ok(own) = self.each.take(counted, (limits.connections, limits.connections_each)) else {
            let closed = self.too_many.fetch_add(1, Ordering::Relaxed) + 1;
            // The first one, then each time that their number doubles.
            if closed.is_power_of_two() {
                tracing::warn!(
                    connections_closed = closed,
                    "{} has more connections than server.limits.connections_each: a proxy belongs into server.trusted_proxies",
                    peer.ip()
                );
            }
            return;
        };
        // Answers are small and wanted at once.
        _ = stream.set_nodelay(true);
        let cut = self.cut.child_token();
        let account = ConnectionAccount::open(&self.shared.ledger, cut.clone());
        let conversation =
            Arc::new(Conversation { routes: self.routes.clone(), peer, account, shared: Arc::clone(&self.shared) });
        let answer = hyper::service::service_fn(move |request: Request<Incoming>| {
            Box::pin(Arc::clone(&conversation).answer(request))
        });
        let (builder, watcher, ending) = (self.builder.clone(), self.graceful.watcher(), self.ending.clone());
        let connection = async move {
            // Given back in this order: who waits for the place finds itself counted out.
            let _places = (own, place);
            if !begins_in_time(&stream, &ending).await {
                return;
            }
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(WRITE_TIMEOUT));
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(Box::pin(stream)), answer);
            if let Err(error) = watcher.watch(connection.into_owned()).await {
                tracing::debug!("a connection ended early: {error}");
            }
        };
        tokio::spawn(cut.run_until_cancelled_owned(connection));
    }

    /// Takes connections for a moment longer while answers ask clients to close theirs, then those that wait to be taken, and closes
    /// the listener: a connection that the system has taken for us already would be reset otherwise. Then answers the requests in hand.
    async fn drain(self, listener: TcpListener) {
        self.shared.is_closing.store(true, Ordering::Relaxed);
        let moment = tokio::time::sleep(DRAIN);
        let mut moment = std::pin::pin!(moment);
        loop {
            tokio::select! {
                accepted = self.next(&listener) => self.take(accepted).await,
                () = &mut moment => break,
            }
        }
        self.take_backlog(listener);
        // A connection whose first request is not read yet would be closed as one without any.
        tokio::time::sleep(LAST_REQUESTS).await;
        self.ending.cancel();
        self.graceful.shutdown().await;
    }

    /// Takes the connections that wait, and closes the listener. The system itself is asked: the runtime may not have heard of them yet.
    fn take_backlog(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
            && let Ok((stream, peer)) = listener.accept()
        {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            match stream {
                Ok(stream) => self.serve(stream, peer, place),
                Err(error) => tracing::warn!("a connection was refused: {error}"),
            }
        }
    }
}

/// Returns as whom a connection is counted. This machine, and proxies, speak for many and are not.
fn counted_as(peer: SocketAddr, settings: &ServerSettings) -> Option<String> {
    let address = peer.ip().to_canonical();
    let speaks_for_many =
        address.is_loopback() || settings.trusted_proxies.iter().any(|proxy| proxy.contains(&address));
    (!speaks_for_many).then(|| network(address).to_string())
}

fn builder(streams: u32) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HTTP1_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL)
        .max_concurrent_streams(streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_SEND_BUFFER)
        .max_header_list_size(HEADERS_LIMIT);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;

    #[test]
    fn connection_is_counted_as_its_network_unless_it_speaks_for_many() {
        let proxies = ["10.0.0.0/8", "2001:db8:9::/48"].map(|network| Network::parse(network).unwrap());
        let settings = ServerSettings { trusted_proxies: proxies.to_vec(), ..ServerSettings::default() };
        let counted = |address: &str| counted_as(SocketAddr::new(address.parse().unwrap(), 1), &settings);
        for many in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8:9::7"] {
            assert_eq!(counted(many), None, "{many}");
        }
        assert_eq!(counted("::ffff:203.0.113.9").as_deref(), Some("203.0.113.9"));
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:ffff"), "one customer");
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
    }
}
