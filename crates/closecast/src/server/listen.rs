//! Connections: so many at a time, and none that keeps one waiting for its request for ever.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{config::ServerSettings, live::Places, security::network};

/// How long the head of a request may take, and a connection may lie idle between two.
const HEAD: Duration = Duration::from_secs(30);

/// How often a quiet peer of HTTP/2 is asked for a sign of life, and how long it may take for that.
const PING: Duration = Duration::from_secs(30);

/// What a client of HTTP/2 sends before anything else.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long a client may take nothing of its answer.
const STALL: Duration = Duration::from_secs(30);

/// Pause after the operating system refused a connection, for want of file descriptors for example.
const REFUSED: Duration = Duration::from_millis(200);

/// Serves `routes` to whoever connects, until `stop` returns; then the requests in hand are answered, and no more are taken.
/// At most as many connections as the settings say are open at a time: the next ones wait for one of them to end, and one address
/// that has too many of them is sent away.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    settings: &ServerSettings,
    stop: impl Future<Output = ()>,
) {
    let limits = &settings.limits;
    let places = Arc::new(Semaphore::new(limits.connections));
    let each = Arc::new(Places::default());
    let graceful = GracefulShutdown::new();
    let builder = builder();
    // When requests in hand are waited for, those who have asked for nothing yet are not.
    let ending = CancellationToken::new();
    // Whoever loses patience with this ends all connections with it.
    let cut = CancellationToken::new();
    let _cut_at_the_end = cut.clone().drop_guard();
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = next(&listener, &places);
        let (stream, peer, place) = tokio::select! {
            accepted = next => match accepted {
                Ok(connection) => connection,
                Err(error) => {
                    tracing::warn!("a connection was refused: {error}");
                    tokio::time::sleep(REFUSED).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Ok(own) = each.take(counted_as(peer, settings), (limits.connections, limits.connections_each)) else {
            tracing::debug!("{} has too many connections", peer.ip());
            continue;
        };
        // Answers are small and wanted at once.
        _ = stream.set_nodelay(true);
        let routes = routes.clone();
        let answer = tower::service_fn(move |request| answer(routes.clone(), request, peer));
        let (builder, watcher, ending) = (builder.clone(), graceful.watcher(), ending.clone());
        let conversation = async move {
            // Given back in this order: who waits for the place finds itself counted out.
            let _places = (own, place);
            if ending.run_until_cancelled(begins_in_time(&stream)).await != Some(true) {
                return;
            }
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(STALL));
            let answer = TowerToHyperService::new(answer);
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(Box::pin(stream)), answer);
            if let Err(error) = watcher.watch(connection.into_owned()).await {
                tracing::debug!("a connection ended early: {error}");
            }
        };
        tokio::spawn(cut.clone().run_until_cancelled_owned(conversation));
    }
    drop(listener);
    ending.cancel();
    graceful.shutdown().await;
}

/// Returns as whom a connection is counted. This machine, and proxies, speak for many and are not.
fn counted_as(peer: SocketAddr, settings: &ServerSettings) -> Option<String> {
    let address = peer.ip().to_canonical();
    let speaks_for_many =
        address.is_loopback() || settings.trusted_proxies.iter().any(|proxy| proxy.contains(&address));
    (!speaks_for_many).then(|| network(address).to_string())
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING);
    builder
}

/// Returns whether the client says soon what it wants: until it has, nobody else counts the time. A preface of HTTP/2 must be whole.
async fn begins_in_time(stream: &TcpStream) -> bool {
    let begun = async {
        let mut begin = [0; PREFACE.len()];
        loop {
            match stream.peek(&mut begin).await {
                Ok(0) | Err(_) => return false,
                Ok(read) if read < PREFACE.len() && PREFACE.starts_with(&begin[..read]) => {
                    // What was looked at is still there, so that the socket stays readable: look again a little later.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(_) => return true,
            }
        }
    };
    tokio::time::timeout(HEAD, begun).await.unwrap_or(false)
}

/// Returns the next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

async fn answer(routes: Router, request: Request<Incoming>, peer: SocketAddr) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    routes.oneshot(request).await
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;
    use crate::config::Network;

    /// Returns whether a connection is served on which so much was sent, and not more.
    async fn is_served(sent: &[u8]) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        client.write_all(sent).await.unwrap();
        begins_in_time(&stream).await
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_half_a_preface_is_not_waited_for() {
        assert!(!is_served(b"").await && !is_served(b"PRI * HTTP/2.0").await);
    }

    #[test]
    fn a_connection_is_counted_as_its_network_unless_it_speaks_for_many() {
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

    #[tokio::test]
    async fn who_begins_is_served() {
        assert!(is_served(b"G").await && is_served(b"POST / HTTP/1.1").await && is_served(PREFACE).await);
    }
}
