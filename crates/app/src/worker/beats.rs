//! Signs of life while a job is worked on.

use std::{convert::Infallible, time::Duration};

use closecast_domain::Cancel;
use closecast_store::{Lease, LeaseStatus, Store};

use super::progress::JobProgress;
use crate::services::Services;

/// Why a job was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Somebody asked for its end.
    Cancelled,
    /// Another worker has it.
    Lost,
    /// This worker is about to end.
    Shutdown,
}

/// Pause between two pieces of news about how far a job is.
const NEWS: Duration = Duration::from_secs(1);

/// Tells those who listen how far the job is, whenever that has changed, until it is dropped.
pub(super) async fn tell_progress(app: &Services, lease: &Lease, progress: &JobProgress) -> Infallible {
    let mut published = None;
    loop {
        tokio::time::sleep(NEWS).await;
        let now = progress.snapshot();
        if now == published {
            continue;
        }
        if let Some(progress) = &now
            && let Err(error) = app.store.jobs().publish_progress(lease, progress, app.clock.now()).await
        {
            tracing::debug!(job = lease.job_id(), "nobody hears how far it is: {error}");
        }
        published = now;
    }
}

/// Gives signs of life every `interval`, with how far the job is, until the job must stop; then tells the work through
/// `cancel` and returns why. While the database is away it goes on: nobody else can take the job then either.
pub(super) async fn keep_alive(
    store: &Store,
    lease: &Lease,
    progress: &JobProgress,
    cancel: &Cancel,
    interval: Duration,
) -> Stopped {
    loop {
        tokio::time::sleep(interval).await;
        let stopped = match store.jobs().heartbeat(lease, progress.snapshot().as_ref()).await {
            Ok(LeaseStatus::Held) => continue,
            Ok(LeaseStatus::CancelRequested) => Stopped::Cancelled,
            Ok(LeaseStatus::Lost) => Stopped::Lost,
            Err(error) => {
                tracing::warn!(job = lease.job_id(), "no sign of life could be given: {error}");
                continue;
            }
        };
        cancel.cancel();
        return stopped;
    }
}
