//! Events about jobs.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, EntityTrait};

use super::record::{Enqueued, job};
use crate::{
    EventPayload, StoreError,
    entity::job,
    events::{emit_in, tolerate_failure, try_emit_in},
};

/// Writes an event with the state of the job `id` at the end of `transaction`. Call it last, like [`emit_in`].
///
/// # Errors
/// As for [`emit_in`].
pub(crate) async fn emit_job_in(
    transaction: &DatabaseTransaction,
    id: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let written = async {
        let Some(row) = job::Entity::find_by_id(id).one(transaction).await? else { return Ok(()) };
        try_emit_in(transaction, &[EventPayload::job(job(row)?)], now).await
    };
    tolerate_failure(transaction, written.await)
}

/// Writes an event about a newly queued job. Call it last, like [`emit_in`].
///
/// # Errors
/// As for [`emit_in`].
pub(crate) async fn emit_enqueued_in(
    transaction: &DatabaseTransaction,
    enqueued: &Enqueued,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if enqueued.already_there {
        return Ok(());
    }
    emit_in(transaction, &[EventPayload::job(enqueued.job.clone())], now).await
}
