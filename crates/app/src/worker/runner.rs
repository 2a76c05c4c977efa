//! Taking jobs from the queue and bringing each to its end.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use closecast_domain::{Cancel, ForecastError};
use closecast_store::{Job, Lease, StoreError, Topic};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    beats::{Stopped, keep_alive, tell_progress},
    jobs::{Context, Done, JobPayload},
    observer::LeaseMonitor,
    progress::JobProgress,
};
use crate::{
    error::AppError,
    services::Services,
    use_cases::{retry::until_the_store_answers, task::Task},
};

/// How long an idle worker waits before it looks again, if nobody tells it of a new job: SQLite tells nothing of other programs.
const IDLE: Duration = Duration::from_secs(1);

/// Pause after the first failed attempt of a job; each further one is twice as long.
const FIRST_RETRY: TimeDelta = TimeDelta::seconds(10);

/// Signs of life within the time after which a worker counts as dead.
const BEATS_PER_LEASE: u32 = 8;

/// How a worker works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerSettings {
    /// Name that jobs carry while this worker has them.
    pub name: String,
    /// Jobs at a time.
    pub jobs: usize,
    /// How long a worker may be silent before others take its jobs.
    pub lease: Duration,
}

/// A worker.
#[derive(Clone)]
pub struct Worker {
    app: Services,
    settings: WorkerSettings,
    /// Take no more jobs.
    stopping: CancellationToken,
    /// Give back the jobs in hand.
    releasing: CancellationToken,
    /// Identifiers of the jobs in hand: of these this worker is not gone, whatever it could not say.
    in_hand: Arc<Mutex<HashSet<String>>>,
}

impl Worker {
    /// Returns a worker that is ready to run.
    pub fn new(app: Services, settings: WorkerSettings) -> Self {
        let (stopping, releasing) = (CancellationToken::new(), CancellationToken::new());
        Self { app, settings, stopping, releasing, in_hand: Arc::default() }
    }

    /// Asks it to take no more jobs, and to stop those in hand and give them back to the queue.
    pub fn release(&self) {
        self.stopping.cancel();
        self.releasing.cancel();
    }

    /// Works until it is told to stop and has no job left.
    pub async fn run(self) {
        tracing::info!(worker = self.settings.name, jobs = self.settings.jobs, "waiting for jobs");
        let mut tasks = JoinSet::new();
        for _ in 0..self.settings.jobs {
            tasks.spawn(self.clone().take_jobs());
        }
        tasks.spawn(self.clone().watch_others());
        tasks.join_all().await;
    }

    fn in_hand(&self) -> MutexGuard<'_, HashSet<String>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take_jobs(self) {
        let mut news = self.app.store.notifier().listen().await;
        while !self.stopping.is_cancelled() {
            match self.app.store.jobs().claim(&self.settings.name, self.app.clock.now()).await {
                Ok(Some((job, lease))) => {
                    let id = job.id.clone();
                    self.in_hand().insert(id.clone());
                    self.bring_to_an_end(job, lease).await;
                    self.in_hand().remove(&id);
                }
                Ok(None) => {
                    tokio::select! {
                        _heard = news.wait(&[Topic::Jobs], IDLE) => (),
                        () = self.stopping.cancelled() => (),
                    }
                }
                Err(error) => {
                    tracing::warn!("the queue cannot be reached: {error}");
                    tokio::select! {
                        () = tokio::time::sleep(IDLE) => (),
                        () = self.stopping.cancelled() => (),
                    }
                }
            }
        }
    }

    /// Takes over the jobs of workers that are gone, and those whose end this one could not enter.
    async fn watch_others(self) {
        let pause = self.settings.lease / 4;
        let mut observer = LeaseMonitor::new(self.settings.lease, pause);
        let mut last = Instant::now();
        while !self.stopping.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(pause) => (),
                () = self.stopping.cancelled() => return,
            }
            let Ok(mut running) = self.app.store.jobs().running().await else {
                // Nobody could give a sign of life: each has the whole time anew once that is possible again.
                observer = LeaseMonitor::new(self.settings.lease, pause);
                continue;
            };
            running.retain(|job| !self.in_hand().contains(&job.id));
            let dead = observer.look(running, last.elapsed());
            last = Instant::now();
            for job in dead {
                match self.app.store.jobs().reclaim(&job, self.app.clock.now()).await {
                    Ok(true) => tracing::warn!(job = job.id, worker = job.worker, "its worker is gone: taken over"),
                    Ok(false) => {}
                    Err(error) => tracing::warn!(job = job.id, "cannot be taken over yet: {error}"),
                }
            }
        }
    }

    async fn bring_to_an_end(&self, job: Job, lease: Lease) {
        let (id, kind, attempt) = (job.id.clone(), job.kind.clone(), job.attempt);
        tracing::info!(job = id, kind, attempt, "begun");
        let (progress, cancel) = (JobProgress::default(), Cancel::new());
        let task = Task {
            progress: Arc::new(progress.clone()),
            cancel: cancel.clone(),
            lease: Some(lease.clone()),
            actor: job.requested_by.clone(),
        };
        let context = Context { app: self.app.clone(), task, progress: progress.clone() };
        // A task of its own: its panic is an error of the job and not the end of the worker.
        let work = tokio::spawn(async move { JobPayload::read(&job)?.run(&context).await });
        let interval = self.settings.lease / BEATS_PER_LEASE;
        let (stopped, done) = self.attend(work, (&lease, &progress, &cancel), interval).await;
        let ended = self.enter(&lease, attempt, stopped, done).await;
        match ended {
            Ok(how) => tracing::info!(job = id, kind, "{how}"),
            Err(StoreError::LeaseLost) => tracing::warn!(job = id, kind, "went to another worker"),
            Err(error) => tracing::error!(job = id, kind, "its end could not be entered: {error}"),
        }
    }

    /// Waits for the work, giving signs of life, and stops it when that is asked for.
    async fn attend(
        &self,
        mut work: tokio::task::JoinHandle<Result<Done, AppError>>,
        (lease, progress, cancel): (&Lease, &JobProgress, &Cancel),
        interval: Duration,
    ) -> (Option<Stopped>, Result<Done, AppError>) {
        let stopped = {
            let alive = keep_alive(&self.app.store, lease, progress, cancel, interval);
            let telling = tell_progress(&self.app, lease, progress);
            tokio::pin!(alive, telling);
            tokio::select! {
                done = &mut work => return (None, outcome(done)),
                stopped = &mut alive => stopped,
                never = &mut telling => match never {},
                () = self.releasing.cancelled() => {
                    cancel.cancel();
                    Stopped::Shutdown
                }
            }
        };
        // Until it has ended it is this worker's, and others must know that it lives.
        loop {
            tokio::select! {
                done = &mut work => return (Some(stopped), outcome(done)),
                () = tokio::time::sleep(interval) => {
                    if let Err(error) = self.app.store.jobs().heartbeat(lease, None).await {
                        tracing::warn!(job = lease.job_id(), "no sign of life could be given: {error}");
                    }
                }
            }
        }
    }

    /// Enters how a job ended.
    async fn enter(
        &self,
        lease: &Lease,
        attempt: u64,
        stopped: Option<Stopped>,
        done: Result<Done, AppError>,
    ) -> Result<&'static str, StoreError> {
        let (jobs, now) = (self.app.store.jobs(), self.app.clock.now());
        match (done, stopped) {
            (Ok(Done::Entered), _) => Ok("succeeded"),
            (Ok(Done::With(result)), _) => {
                until_the_store_answers(|| jobs.succeed(lease, &result, now)).await?;
                Ok("succeeded")
            }
            (Err(_), Some(Stopped::Lost)) => Err(StoreError::LeaseLost),
            (Err(failure), Some(Stopped::Cancelled)) if failure.is_cancelled() => {
                until_the_store_answers(|| jobs.end_cancelled(lease, now)).await?;
                Ok("cancelled")
            }
            (Err(_), Some(Stopped::Shutdown)) => {
                until_the_store_answers(|| jobs.release(lease, now)).await?;
                Ok("given back to the queue")
            }
            (Err(AppError::Store(StoreError::LeaseLost)), _) => Err(StoreError::LeaseLost),
            (Err(failure), _) => {
                let error = failure.to_string();
                let last = jobs.get(lease.job_id()).await.ok().flatten().is_some_and(|job| attempt >= job.max_attempts);
                if failure.is_transient() && !last {
                    let pause = FIRST_RETRY * 2_i32.saturating_pow(u32::try_from(attempt).unwrap_or(8).clamp(1, 8) - 1);
                    until_the_store_answers(|| jobs.retry(lease, &error, now + pause, now)).await?;
                    tracing::warn!(job = lease.job_id(), "will be tried again in {} s: {error}", pause.num_seconds());
                    return Ok("to be tried again");
                }
                until_the_store_answers(|| jobs.fail(lease, &error, now)).await?;
                tracing::error!(job = lease.job_id(), "failed: {error}");
                Ok("failed")
            }
        }
    }
}

fn outcome(done: Result<Result<Done, AppError>, tokio::task::JoinError>) -> Result<Done, AppError> {
    match done {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => Err(AppError::Internal(crate::use_cases::background::panic_message(&*panic))),
            Err(_) => Err(AppError::Forecast(ForecastError::Cancelled)),
        },
    }
}
