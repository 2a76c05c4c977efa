//! Adds a job within an open transaction.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::record::{Enqueued, Job, JobState, NewJob, job};
use crate::{StoreError, entity::job, transaction::lock_subject};

/// Adds a job within an open transaction.
///
/// # Errors
/// As for [`JobStore::enqueue`].
pub(crate) async fn enqueue_in(
    transaction: &DatabaseTransaction,
    new: NewJob,
    now: DateTime<Utc>,
) -> Result<Enqueued, StoreError> {
    if let Some(job) = unfinished_in(transaction, &new).await? {
        return Ok(Enqueued { job, already_there: true });
    }
    let row = job::ActiveModel {
        id: Set(Uuid::now_v7().to_string()),
        kind: Set(new.kind),
        payload: Set(new.payload.to_string()),
        state: Set(JobState::Queued.name().to_owned()),
        priority: Set(new.priority.into()),
        dedup_key: Set(new.dedup_key),
        attempt: Set(0),
        max_attempts: Set(i64::from(new.max_attempts.max(1))),
        run_at: Set(now),
        worker: Set(None),
        lease: Set(None),
        beat: Set(0),
        progress: Set(None),
        cancel_requested: Set(false),
        result: Set(None),
        error: Set(None),
        requested_by: Set(new.requested_by),
        created_at: Set(now),
        started_at: Set(None),
        ended_at: Set(None),
    };
    let row = row.insert(transaction).await?;
    Ok(Enqueued { job: job(row)?, already_there: false })
}

/// Returns the unfinished job with the same deduplication key. No other writer adds one before the transaction ends.
pub(super) async fn unfinished_in(transaction: &DatabaseTransaction, new: &NewJob) -> Result<Option<Job>, StoreError> {
    let Some(key) = &new.dedup_key else { return Ok(None) };
    lock_subject(transaction, &format!("job {key}")).await?;
    let unfinished = job::Entity::find()
        .filter(job::Column::DedupKey.eq(key))
        .filter(job::Column::State.is_in([JobState::Queued.name(), JobState::Running.name()]))
        .one(transaction)
        .await?;
    unfinished.map(job).transpose()
}
