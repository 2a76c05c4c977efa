//! Work for the background, put into the queue in a caller's name.

use std::time::Duration;

use axum::{
    Extension, Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use closecast_store::{Enqueued, Job, JobQuota};
use tokio::time::{Instant, sleep};

use super::{auth::Subject, problem::Problem};
use crate::security::Caller;
use crate::state::ServerState;
use closecast_api::job::AcceptedView;
use closecast_app::{error::AppError, worker::JobPayload};

/// How often it is looked whether a job has ended: the database tells of none that fails.
const LOOK: Duration = Duration::from_millis(250);

/// Who asks, as far as that is known.
pub(super) type By = Option<Extension<Caller>>;

/// Returns the name to write down for what the caller does.
pub(super) fn name_of(by: By) -> Option<String> {
    by.map(|Extension(caller)| caller.name())
}

/// Puts `work` into the queue. While the same work is unfinished, that is returned instead.
///
/// # Errors
/// A problem of status 429 when it trains and as many trainings as allowed wait or run already.
pub(super) async fn enqueue(app: &ServerState, work: &JobPayload, by: By) -> Result<Enqueued, Problem> {
    let job = work.job(name_of(by).as_deref());
    let (jobs, now) = (app.store.jobs(), app.clock.now());
    if !JobPayload::TRAININGS.contains(&job.kind.as_str()) {
        return Ok(jobs.enqueue(job, now).await.map_err(AppError::from)?);
    }
    let most = app.settings.limits.trainings;
    let allowance = JobQuota { kinds: &JobPayload::TRAININGS, max_unfinished: most };
    let entered = jobs.enqueue_within(job, allowance, now).await.map_err(AppError::from)?;
    entered.ok_or_else(|| {
        Problem::busy(format!(
            "{most} trainings wait or run already, which is as many as server.limits.trainings allows: ask again when one has ended, or cancel one of GET /api/jobs"
        ))
    })
}

/// Returns the job once it has ended, or as it stands when `limit` is over or the server ends.
pub(super) async fn wait_for_end(app: &ServerState, job: Job, limit: Duration) -> Result<Job, Problem> {
    let begun = Instant::now();
    let mut job = job;
    while !job.state.has_ended() {
        let left = limit.saturating_sub(begun.elapsed());
        if left.is_zero() {
            break;
        }
        // A server that is about to end keeps nobody waiting: the job goes on, and can be asked for at another.
        if app.events.stopping().run_until_cancelled(sleep(LOOK.min(left))).await.is_none() {
            break;
        }
        let found = app.store.jobs().get(&job.id).await.map_err(AppError::from)?;
        job = found.ok_or(AppError::NoJob(job.id))?;
    }
    Ok(job)
}

/// Returns the answer that tells where to ask how a job stands.
pub(super) fn accepted(enqueued: Enqueued) -> Response {
    let view = AcceptedView::from(enqueued);
    let subject = Subject(format!("job {}", view.job_id));
    (StatusCode::ACCEPTED, [(header::LOCATION, view.url.clone())], Extension(subject), Json(view)).into_response()
}
