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
use tower::ServiceExt as _;

/// How long the head of a request may take, and a connection may lie idle between two.
const HEAD: Duration = Duration::from_secs(30);

/// How often a quiet peer of HTTP/2 is asked for a sign of life, and how long it may take for that.
const PING: Duration = Duration::from_secs(30);

/// Pause after the operating system refused a connection, for want of file descriptors for example.
const REFUSED: Duration = Duration::from_millis(200);

/// Serves `routes` to whoever connects, until `stop` returns; then the requests in hand are answered, and no more are taken.
/// At most `connections` are open at a time: the next ones wait for one of them to end.
pub(crate) async fn serve(listener: TcpListener, routes: Router, connections: usize, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(connections));
    let graceful = GracefulShutdown::new();
    let builder = builder();
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
        // Answers are small and wanted at once.
        _ = stream.set_nodelay(true);
        let routes = routes.clone();
        let answer = tower::service_fn(move |request| answer(routes.clone(), request, peer));
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(answer));
        let connection = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended early: {error}");
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING);
    builder
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
