//! Claims the next job.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockBehavior, LockType},
};

use super::{
    lease::Lease,
    reclaim::error_to_keep,
    record::{Job, JobState, job},
    store::JobStore,
};
use crate::{EventPayload, StoreError, Topic, entity::job, events::emit_in, transaction::begin_writing};

/// Maximum delay of a retry. A job scheduled later than that was dated by a clock that has since been set back, and is
/// due now.
pub const MAX_RETRY_DELAY: TimeDelta = TimeDelta::hours(1);

impl JobStore<'_> {
    /// Claims the due job with the highest priority for the worker `worker`. No other worker gets it while the lease is
    /// held.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the queue cannot be reached, [`StoreError::Row`] when the row cannot be parsed.
    pub async fn claim(&self, worker: &str, now: DateTime<Utc>) -> Result<Option<(Job, Lease)>, StoreError> {
        if next_waiting(now).one(self.database).await?.is_none() {
            return Ok(None);
        }
        let transaction = begin_writing(self.database).await?;
        let next = next_waiting(now).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).one(&transaction);
        let Some(row) = next.await? else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let lease = Lease::new(&row.id);
        let changed = job::ActiveModel {
            id: Set(row.id.clone()),
            state: Set(JobState::Running.name().to_owned()),
            attempt: Set(row.attempt + 1),
            worker: Set(Some(worker.to_owned())),
            lease: Set(Some(lease.token().to_owned())),
            beat: Set(0),
            progress: Set(None),
            error: Set(error_to_keep(row.error)),
            started_at: Set(Some(row.started_at.unwrap_or(now))),
            ..<job::ActiveModel as sea_orm::ActiveModelTrait>::default()
        };
        let claimed = job(changed.update(&transaction).await?)?;
        emit_in(&transaction, &[EventPayload::job(claimed.clone())], now).await?;
        transaction.commit().await?;
        self.notifier.notify(Topic::Events).await;
        Ok(Some((claimed, lease)))
    }
}

fn next_waiting(now: DateTime<Utc>) -> sea_orm::Select<job::Entity> {
    let due = Condition::any().add(job::Column::RunAt.lte(now)).add(job::Column::RunAt.gt(now + MAX_RETRY_DELAY));
    job::Entity::find()
        .filter(job::Column::State.eq(JobState::Queued.name()))
        .filter(due)
        .order_by_desc(job::Column::Priority)
        .order_by_asc(job::Column::RunAt)
        .order_by_asc(job::Column::Id)
        .limit(1)
}
