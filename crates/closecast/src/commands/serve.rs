//! `closecast serve`.

use crate::commands::services;
use crate::error::CliError;
use std::{
    net::{IpAddr, SocketAddr},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Settings},
    logging,
    service::{self, Background, Shutdown, Signals, open_files},
    terminal::Terminal,
};
use closecast_app::services::Services;
use closecast_server::{AccessLog, ServerState};

/// How long requests in hand may take after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How long each of the other steps may take: conversations over WebSockets, the book of who did what, the news, the access log.
const STEP: Duration = Duration::from_secs(3);

/// Arguments of `closecast serve`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Address to listen on [default: 127.0.0.1, this machine alone]
    #[arg(long, env = "CLOSECAST_HOST")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 takes a free one [default: 8000]
    #[arg(long, env = "CLOSECAST_PORT")]
    port: Option<u16>,
    /// Listen beyond this machine though there is no key: whoever reaches the port may do everything
    #[arg(long, env = "CLOSECAST_ALLOW_OPEN")]
    allow_open: bool,
    /// Take no jobs and fire no schedules: leave them to `closecast worker`.
    #[arg(long, env = "CLOSECAST_NO_WORKER")]
    no_worker: bool,
}

/// Serves until a signal.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let host = arguments.host.unwrap_or(settings.server.host);
    let port = arguments.port.unwrap_or(settings.server.port);
    let allow_open = arguments.allow_open || settings.server.allow_open;
    let app = services::open(&settings).await?;
    serve_until_signal(app, &settings, (host, port, allow_open), !arguments.no_worker, terminal).await
}

/// Serves until Ctrl-C or SIGTERM. Then, in this order: no more connections and no more jobs; the requests in hand are answered, and
/// beside them the jobs in hand are given back; what is being written is written; the database is closed. A second signal ends at
/// once.
pub(crate) async fn serve_until_signal(
    app: Services,
    settings: &Settings,
    (host, port, allow_open): (IpAddr, u16, bool),
    works: bool,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    let app = app.with(|services| services.works_on_jobs = works);
    let wanted = SocketAddr::new(host, port);
    if !host.is_loopback() && !allow_open && !app.store.keys().any().await? {
        return Err(CliError::OpenToAll(wanted));
    }
    let failed = |source| CliError::Listen { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let signals = Signals::listen();
    config::log_memory(settings);
    let log = access_log(&app, settings)?;
    open_files::allow_all();
    let background = Background::start(&app, works);
    let news = CancellationToken::new();
    let state = ServerState::new(app.clone(), settings.server.clone());
    let feed = tokio::spawn(closecast_server::follow_events(state.clone(), news.clone()));
    let writing = CancellationToken::new();
    let writer = tokio::spawn({
        let (log, writing) = (Arc::clone(&log), writing.clone());
        log.keep(writing)
    });
    terminal.line(format_args!("Serving on http://{address}/ (Ctrl-C ends it)"))?;
    let (stop, listeners) = (signals.clone(), state.clone());
    let routes = closecast_server::router(state.clone(), log);
    let serving = closecast_server::serve(listener, routes, &settings.server, async move {
        stop.stop().await;
        listeners.stop_events();
    });
    let orderly = async {
        tokio::select! {
            () = serving => (),
            () = out_of_patience(&signals, &background) => terminal.remark("Some connections were still open and have been cut."),
        }
        let shutdown = Shutdown::begin();
        // Who listens was told to go when the server was told to stop.
        shutdown.step("end the WebSockets", STEP, state.events_ended()).await;
        shutdown.step("write the last entries of the audit log", STEP, state.audit_written()).await;
        background.end(&shutdown).await;
        news.cancel();
        let ended = [shutdown.step("end the news", STEP, feed).await, {
            writing.cancel();
            shutdown.step("write the access log", STEP, writer).await
        }];
        let panicked = ended.into_iter().flatten().find_map(Result::err);
        service::close_database(app.store.clone(), &shutdown).await?;
        panicked.map_or(Ok(()), |error| Err(CliError::Internal(error.to_string())))
    };
    service::end_in_order(orderly, &signals, terminal).await
}

fn access_log(app: &Services, settings: &Settings) -> Result<Arc<AccessLog>, CliError> {
    let folder = settings.data_dir.join("logs");
    let unwritable =
        |error| CliError::Settings(format!("the log folder {} cannot be written: {error}", folder.display()));
    AccessLog::open(&folder, logging::access_log_limit(settings), Arc::clone(&app.clock))
        .map(Arc::new)
        .map_err(unwritable)
}

/// Stops the background at the stop signal, and returns some time later: a client that never finishes its request must
/// not keep it alive.
async fn out_of_patience(signals: &Signals, background: &Background) {
    signals.stop().await;
    background.stop();
    tokio::time::sleep(DRAIN).await;
}
