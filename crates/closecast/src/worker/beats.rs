//! Signs of life while a job is worked on.

use std::time::Duration;

use closecast_domain::Cancel;
use closecast_store::{Beat, Lease, Store};

use super::progress::JobProgress;

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
        let stopped = match store.jobs().beat(lease, progress.told().as_ref()).await {
            Ok(Beat::Held) => continue,
            Ok(Beat::CancelRequested) => Stopped::Cancelled,
            Ok(Beat::Lost) => Stopped::Lost,
            Err(error) => {
                tracing::warn!(job = lease.job_id(), "no sign of life could be given: {error}");
                continue;
            }
        };
        cancel.cancel();
        return stopped;
    }
}
