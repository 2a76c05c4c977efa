//! Forgetting what nobody will ask for any more.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use closecast_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::services::Services;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(6 * 3600);

/// Rows deleted at once: others write in between.
const AT_ONCE: u64 = 2000;
const NEWS_AT_ONCE: u32 = 2000;

/// Pause between two looks at the news, of which there may be some every second.
const NEWS_PAUSE: Duration = Duration::from_secs(600);

/// How long news is kept, and how much of it: for who was away for a moment, and not for who wants to know what once happened.
const NEWS_KEPT: TimeDelta = TimeDelta::days(1);
const MOST_NEWS: u32 = 50_000;

/// Deletes what is older than the settings say, until it is told to stop.
pub async fn clean(app: Services, stopping: CancellationToken) {
    tokio::join!(clean_records(&app, &stopping), clean_news(&app, &stopping));
}

async fn clean_news(app: &Services, stopping: &CancellationToken) {
    while !stopping.is_cancelled() {
        if let Err(error) = forget_news(app, stopping).await {
            tracing::warn!("old news could not be forgotten: {error}");
        }
        tokio::select! {
            () = tokio::time::sleep(NEWS_PAUSE) => (),
            () = stopping.cancelled() => (),
        }
    }
}

async fn forget_news(app: &Services, stopping: &CancellationToken) -> Result<(), StoreError> {
    let mut gone = 0;
    while !stopping.is_cancelled() {
        let some = app.store.events().prune(app.clock.now() - NEWS_KEPT, MOST_NEWS, NEWS_AT_ONCE).await?;
        gone += some;
        if some == 0 {
            break;
        }
    }
    if gone > 0 {
        tracing::debug!("forgot {gone} pieces of old news");
    }
    Ok(())
}

async fn clean_records(app: &Services, stopping: &CancellationToken) {
    while !stopping.is_cancelled() {
        if let Err(error) = forget(app, stopping).await {
            tracing::warn!("what is old could not be forgotten: {error}");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => (),
            () = stopping.cancelled() => (),
        }
    }
}

async fn forget(app: &Services, stopping: &CancellationToken) -> Result<(), StoreError> {
    let kept = &app.options.worker;
    let jobs = app.store.jobs().delete_before(before(app, kept.keep_jobs_days)).await?;
    tell("jobs", jobs, kept.keep_jobs_days);
    let acts = app.store.audit().delete_before(before(app, kept.keep_audit_days)).await?;
    tell("acts", acts, kept.keep_audit_days);
    if let Some(days) = kept.keep_runs_days {
        let mut runs = 0;
        while !stopping.is_cancelled() {
            let gone = app.store.runs().delete_before(before(app, days), AT_ONCE).await?;
            runs += gone;
            if gone < AT_ONCE {
                break;
            }
        }
        tell("runs", runs, days);
    }
    if let Some(days) = kept.keep_forecasts_days {
        let mut forecasts = 0;
        while !stopping.is_cancelled() {
            let gone = app.store.forecasts().delete_before(before(app, days), AT_ONCE).await?;
            forecasts += gone;
            if gone < AT_ONCE {
                break;
            }
        }
        tell("forecasts", forecasts, days);
    }
    Ok(())
}

fn before(app: &Services, days: u32) -> DateTime<Utc> {
    app.clock.now() - TimeDelta::days(days.into())
}

fn tell(what: &str, gone: u64, days: u32) {
    if gone > 0 {
        tracing::info!("forgot {gone} {what} older than {days} days");
    }
}
