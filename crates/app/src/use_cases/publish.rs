//! Publishing what was trained.

use bytes::Bytes;
use closecast_domain::Card;
use closecast_store::{JobState, ModelVersion, NewJob, Origin, StoreError};

use crate::{
    error::AppError,
    services::Services,
    use_cases::{
        retry::{until_the_store_answers, while_busy},
        task::Task,
    },
    worker::{JobPayload, PromoteModel},
};

/// Publishes a model. As part of a job, the job ends with the publication, and a later version of a name is followed by the
/// job that compares it with the one in service.
///
/// # Errors
/// [`AppError::Store`] when it cannot be stored; the version in service stays in service.
pub(super) async fn publish(
    app: &Services,
    (card, bytes): (&Card, Vec<u8>),
    task: &Task,
    run: &str,
) -> Result<ModelVersion, AppError> {
    let bytes = Bytes::from(bytes);
    let origin = Origin { follow_up: task.lease.as_ref().map(|_| comparison as _), ..task.origin(Some(run)) };
    let write = || async { app.store.models().publish(card, bytes.clone(), origin, app.clock.now()).await };
    let Some(lease) = &task.lease else {
        // Without a job nothing tells whether an attempt that was cut short has published: it is made again only when it
        // certainly changed nothing.
        return Ok(while_busy(write).await?);
    };
    match until_the_store_answers(write).await {
        Err(StoreError::LeaseLost) => match published_before(app, lease.job_id(), run).await? {
            Some(version) => Ok(version),
            None => Err(StoreError::LeaseLost.into()),
        },
        done => Ok(done?),
    }
}

/// Returns what this run has published already: the database may have taken an attempt and been cut off before it said so.
async fn published_before(app: &Services, job: &str, run: &str) -> Result<Option<ModelVersion>, AppError> {
    let job = until_the_store_answers(|| async { app.store.jobs().get(job).await }).await?;
    let result = job.filter(|job| job.state == JobState::Succeeded).and_then(|job| job.result);
    let Some(result) = result.filter(|result| result["run_id"] == run) else { return Ok(None) };
    let (Some(name), Some(version)) = (result["model_name"].as_str(), result["version"].as_u64()) else {
        return Ok(None);
    };
    Ok(app.store.models().version(name, version).await?)
}

fn comparison(name: &str, version: u64) -> NewJob {
    JobPayload::PromoteModel(PromoteModel { model_name: name.to_owned(), version }).job(None)
}
