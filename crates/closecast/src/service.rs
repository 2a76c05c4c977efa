//! What a long-lived program does beside answering requests, and how it ends.

pub(crate) mod open_files;
mod shutdown;

use crate::error::CliError;
use std::{process::ExitCode, time::Duration};

use closecast_store::Store;
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use self::shutdown::Shutdown;
use crate::terminal::Terminal;
use closecast_app::{
    services::Services,
    use_cases::serving,
    worker::{self, Worker, WorkerSettings},
};

/// How long the jobs in hand may take to stop.
const JOBS_LIMIT: Duration = Duration::from_secs(12);

/// How long everything else in the background may take to stop.
const OTHERS_LIMIT: Duration = Duration::from_secs(2);

/// How long the database may take to close.
const DATABASE_LIMIT: Duration = Duration::from_secs(3);

/// What runs in the background of a program.
pub(crate) struct Background {
    stopping: CancellationToken,
    worker: Option<(Worker, JoinHandle<()>)>,
    others: JoinSet<()>,
}

impl Background {
    /// Starts what keeps models up to date and, with `works`, a worker and the schedules.
    pub(crate) fn start(app: &Services, works: bool) -> Self {
        app.memory.limit_trainings(true);
        let stopping = CancellationToken::new();
        let mut others = JoinSet::new();
        others.spawn(serving::follow(app.clone(), stopping.clone()));
        let worker = works.then(|| {
            others.spawn(worker::fire(app.clone(), stopping.clone()));
            others.spawn(worker::clean(app.clone(), stopping.clone()));
            let worker = Worker::new(app.clone(), settings(app));
            (worker.clone(), tokio::spawn(worker.run()))
        });
        Self { stopping, worker, others }
    }

    /// Takes no more jobs, fires no more schedules, and begins to give the jobs in hand back to the queue, beside whatever else is
    /// done: a program that is killed before it has given them back counts as one that its job has killed.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
        if let Some((worker, _)) = &self.worker {
            worker.release();
        }
    }

    /// Stops the jobs in hand, unless that was done, and returns when they are given back and all is quiet, or when `shutdown` waits no longer: what
    /// is not given back is taken up again by another worker, which notices that this program is gone.
    pub(crate) async fn end(self, shutdown: &Shutdown) {
        self.stop();
        if let Some((_worker, running)) = self.worker
            && let Some(Err(error)) = shutdown.step("give the jobs in hand back", JOBS_LIMIT, running).await
        {
            tracing::error!("the worker ended badly: {error}");
        }
        // Dropping the set ends its tasks.
        let others = self.others;
        shutdown.step("end the background tasks", OTHERS_LIMIT, others.join_all()).await;
    }
}

/// Closes the database. One that does not answer is left as it is.
///
/// # Errors
/// [`CliError::UseCase`] when the database reports an error.
pub(crate) async fn close_database(store: Store, shutdown: &Shutdown) -> Result<(), CliError> {
    let closed = shutdown.step("close the database", DATABASE_LIMIT, store.close()).await;
    closed.unwrap_or(Ok(())).map_err(CliError::from)
}

/// Returns the settings of this program's worker. Its name says where and which it is, and is never used twice.
fn settings(app: &Services) -> WorkerSettings {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = match host.trim() {
        "" => "worker",
        host => host,
    };
    let unique = Uuid::now_v7().simple().to_string();
    let name = format!("{host}-{}-{}", std::process::id(), &unique[unique.len() - 6..]);
    WorkerSettings { name, jobs: app.options.worker.jobs, lease: app.options.worker.lease() }
}

/// Waits for the end of a program, which is at once if a second signal comes meanwhile, and returns its exit code.
///
/// # Errors
/// Those of `orderly`.
pub(crate) async fn end_in_order(
    orderly: impl Future<Output = Result<(), CliError>>,
    signals: &Signals,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    tokio::select! {
        ended = orderly => ended?,
        () = signals.at_once() => {
            terminal.remark("Ended at once; jobs in hand will be taken up again.");
            return Ok(ExitCode::from(130));
        }
    }
    terminal.line("Stopped.")?;
    Ok(ExitCode::SUCCESS)
}

/// Tells of the signals that end a program: once for an orderly end, twice for one at once.
#[derive(Clone, Debug)]
pub(crate) struct Signals(watch::Receiver<u8>);

impl Signals {
    /// Listens from now on.
    pub(crate) fn listen() -> Self {
        let (told, heard) = watch::channel(0_u8);
        let mut interrupts = Interrupts::listen();
        tokio::spawn(async move {
            loop {
                interrupts.next().await;
                told.send_modify(|count| *count = count.saturating_add(1));
            }
        });
        Self(heard)
    }

    /// Returns after the first signal.
    pub(crate) async fn stop(&self) {
        self.counted(1).await;
    }

    /// Returns after the second signal.
    pub(crate) async fn at_once(&self) {
        self.counted(2).await;
    }

    async fn counted(&self, least: u8) {
        let mut heard = self.0.clone();
        // The sender lives as long as the program.
        _ = heard.wait_for(|&count| count >= least).await;
    }
}

/// Ctrl-C and SIGTERM. Both are listened to all the time: between two listeners a signal would be lost, and before the first one
/// it ends the program.
struct Interrupts {
    #[cfg(unix)]
    signals: [Option<tokio::signal::unix::Signal>; 2],
}

impl Interrupts {
    #[cfg(unix)]
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { signals: [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()) }
    }

    #[cfg(not(unix))]
    fn listen() -> Self {
        Self {}
    }

    /// Returns at the next one.
    #[cfg(unix)]
    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! { () = received(interrupt) => (), () = received(terminate) => () }
    }

    /// Returns at the next one.
    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Returns when the signal comes, which one that cannot be listened to never does.
#[cfg(unix)]
async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    let came = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if came.is_none() {
        std::future::pending::<()>().await;
    }
}
