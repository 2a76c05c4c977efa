//! Forgetting what nobody will ask for any more.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(6 * 3600);

/// Deletes the records of jobs that ended long ago, until it is told to stop.
pub(crate) async fn clean(app: App, stopping: CancellationToken) {
    let kept = TimeDelta::days(app.settings.worker.keep_jobs_days.into());
    while !stopping.is_cancelled() {
        match app.store.jobs().forget(app.clock.now() - kept).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!("forgot {jobs} jobs that ended more than {} days ago", kept.num_days()),
            Err(error) => tracing::warn!("old jobs cannot be forgotten: {error}"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => (),
            () = stopping.cancelled() => (),
        }
    }
}
