//! `closecast serve`.

use std::{
    net::{IpAddr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{app::App, config::Settings, failure::Failure, server, terminal::Terminal};

/// How long requests in hand may take after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Arguments of `closecast serve`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Address to listen on [default: 127.0.0.1, this machine alone]
    #[arg(long, env = "CLOSECAST_HOST")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 takes a free one [default: 8000]
    #[arg(long, env = "CLOSECAST_PORT")]
    port: Option<u16>,
}

/// Serves until a signal.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let host = arguments.host.unwrap_or(settings.server.host);
    let port = arguments.port.unwrap_or(settings.server.port);
    let app = App::open(settings).await?;
    serve_until_signal(&app, host, port, terminal).await
}

/// Serves until Ctrl-C or SIGTERM, then finishes the requests in hand.
pub(crate) async fn serve_until_signal(
    app: &App,
    host: IpAddr,
    port: u16,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let wanted = SocketAddr::new(host, port);
    let failed = |source| Failure::Listen { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    terminal.line(format_args!("Serving on http://{address}/ (Ctrl-C ends it)"))?;
    let (stopping, stopped) = oneshot::channel();
    let signal = async move {
        stop_signal().await;
        // The receiver is gone only when the server is.
        let _ = stopping.send(());
    };
    let server = axum::serve(listener, server::router(app.clone())).with_graceful_shutdown(signal);
    tokio::select! {
        ended = server => ended.map_err(Failure::Runtime)?,
        () = out_of_patience(stopped) => terminal.remark("Some connections were still open and have been cut."),
    }
    terminal.line("Stopped.")?;
    Ok(ExitCode::SUCCESS)
}

/// Returns some time after the server was told to stop, or at the second signal: a client that never finishes its request
/// must not keep the process alive.
async fn out_of_patience(stopped: oneshot::Receiver<()>) {
    if stopped.await.is_ok() {
        tokio::select! { () = tokio::time::sleep(DRAIN) => (), () = stop_signal() => () }
    }
}

async fn stop_signal() {
    let interrupt = async {
        // Without a handler there is nothing to wait for: the system's default ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => (), () = terminate => () }
}
