//! Putting what schedules ask for into the queue, once for all replicas.

use chrono::{DateTime, Utc};
use closecast_store::StoreError;
use tokio_util::sync::CancellationToken;

use super::jobs::{BacktestModel, JobPayload, RefreshBars, RetrainModel, SettleForecasts};
use crate::schedule::{Schedule, ScheduledJob, Timing, due, pause};
use crate::services::Services;

/// Who asked, in the record of a job.
const ACTOR: &str = "schedule";

/// Fires schedules until it is told to stop.
pub async fn fire(app: Services, stopping: CancellationToken) {
    let schedules = app.options.schedules.clone();
    if schedules.is_empty() {
        return;
    }
    let names: Vec<_> = schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    tracing::info!("schedules: {}", names.join(", "));
    while !stopping.is_cancelled() {
        let now = app.clock.now();
        for schedule in &schedules {
            if let Err(error) = fire_if_due(&app, schedule, now).await {
                tracing::warn!(schedule = schedule.name, "cannot be looked at: {error}");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause(&schedules, now)) => (),
            () = stopping.cancelled() => (),
        }
    }
}

/// Puts the work of a schedule into the queue if it is due at `now`.
///
/// # Errors
/// [`StoreError`] when the queue cannot be reached.
pub(super) async fn fire_if_due(app: &Services, schedule: &Schedule, now: DateTime<Utc>) -> Result<(), StoreError> {
    let last = app.store.jobs().first_seen_or_last_firing(&schedule.name, now).await?;
    let Some(moment) = due(schedule, Some(last), now) else { return Ok(()) };
    let stored = app.store.bars().list().await?.into_iter().map(|info| info.symbol).collect::<Vec<_>>();
    let job = work(schedule, &stored).job(Some(ACTOR));
    if let Some(enqueued) = app.store.jobs().enqueue_firing(&schedule.name, moment, job, now).await? {
        tracing::info!(schedule = schedule.name, job = enqueued.job.id, %moment, "fired");
    }
    Ok(())
}

fn work(schedule: &Schedule, stored: &[closecast_domain::Symbol]) -> JobPayload {
    let exchange = match &schedule.timing {
        Timing::AfterClose(closes) => Some(closes.exchange()),
        Timing::Cron(_) => None,
    };
    match schedule.job {
        ScheduledJob::RefreshBars => {
            let symbols = schedule.symbols.clone().unwrap_or_default();
            JobPayload::RefreshBars(RefreshBars { exchange: exchange.filter(|_| symbols.is_empty()), symbols })
        }
        ScheduledJob::SettleForecasts => JobPayload::SettleForecasts(SettleForecasts {}),
        ScheduledJob::RetrainModel => {
            JobPayload::RetrainModel(RetrainModel { model_name: None, symbols: schedule.symbols.clone() })
        }
        ScheduledJob::BacktestModel => {
            JobPayload::BacktestModel(BacktestModel { symbols: schedule.symbols(stored), ..BacktestModel::default() })
        }
    }
}
