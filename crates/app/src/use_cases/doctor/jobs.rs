//! Jobs that a worker has but gives no sign of life for.

use std::time::Duration;

use closecast_store::RunningJob;
use tokio::time::{Instant, sleep};

use super::{Finding, or_unread};
use crate::{error::AppError, plural::counted, services::Services};

const NAME: &str = "jobs";

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(250);

pub(super) async fn findings(app: &Services) -> Vec<Finding> {
    or_unread(NAME, look(app).await)
}

/// Watches the signs of life until each job has given one, for a quarter of the time after which its worker counts as dead:
/// a living one gives two in that.
async fn look(app: &Services) -> Result<Vec<Finding>, AppError> {
    let begun = Instant::now();
    let running = app.store.jobs().running().await?;
    let all = running.len();
    let patience = app.options.worker.lease() / 4;
    let mut silent = running;
    while !silent.is_empty() && begun.elapsed() < patience {
        sleep(LOOK).await;
        let now = app.store.jobs().running().await?;
        silent.retain(|job| now.contains(job));
    }
    if silent.is_empty() {
        return Ok(vec![Finding::ok(NAME, format!("{} running, each with a worker that lives", counted(all, "job")))]);
    }
    Ok(silent.iter().map(|job| describe(job, patience)).collect())
}

fn describe(job: &RunningJob, patience: Duration) -> Finding {
    let worker = job.worker.as_deref().unwrap_or("unknown");
    let seconds = patience.as_secs();
    Finding::warning(format!("job {}", job.id), format!("its worker {worker} gave no sign of life for {seconds} s"))
        .remedy("another worker takes it over by itself: see that `closecast serve` or `closecast worker` runs")
}
