//! Jobs that schedules start.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    enqueue::enqueue_in,
    events::emit_enqueued_in,
    record::{Enqueued, NewJob},
    store::JobStore,
};
use crate::{
    StoreError,
    entity::schedule_firing,
    transaction::{begin_writing, lock_subject},
};

/// Maximum difference between the clocks of several machines.
const MAX_CLOCK_SKEW: TimeDelta = TimeDelta::minutes(10);

impl JobStore<'_> {
    /// Adds the job of one firing of a schedule, unless this or another program has done so.
    ///
    /// # Errors
    /// As for [`JobStore::enqueue`].
    pub async fn enqueue_firing(
        &self,
        schedule: &str,
        due_at: DateTime<Utc>,
        new: NewJob,
        now: DateTime<Utc>,
    ) -> Result<Option<Enqueued>, StoreError> {
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, &format!("schedule {schedule}")).await?;
        let key = (schedule.to_owned(), due_at);
        if schedule_firing::Entity::find_by_id(key).one(&transaction).await?.is_some() {
            transaction.rollback().await?;
            return Ok(None);
        }
        let enqueued = enqueue_in(&transaction, new, now).await?;
        let firing = schedule_firing::ActiveModel {
            schedule: Set(schedule.to_owned()),
            due_at: Set(due_at),
            job_id: Set(enqueued.job.id.clone()),
        };
        schedule_firing::Entity::insert(firing).exec_without_returning(&transaction).await?;
        emit_enqueued_in(&transaction, &enqueued, now).await?;
        transaction.commit().await?;
        self.notify_enqueued(&enqueued).await;
        Ok(Some(enqueued))
    }

    /// Returns the time of the last firing of `schedule`; if it never fired, the time when it was first seen, which is
    /// now for a new schedule. Firings in the future, beyond clock skew, are ignored: they were dated by a clock that
    /// was ahead and must not suspend the schedule. No firing repeats because of that, since
    /// [`JobStore::enqueue_firing`] records each.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database cannot be reached.
    pub async fn first_seen_or_last_firing(
        &self,
        schedule: &str,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, StoreError> {
        let newest = schedule_firing::Entity::find()
            .filter(schedule_firing::Column::Schedule.eq(schedule))
            .filter(schedule_firing::Column::DueAt.lte(now + MAX_CLOCK_SKEW))
            .order_by_desc(schedule_firing::Column::DueAt);
        if let Some(row) = newest.clone().one(self.database).await? {
            return Ok(row.due_at);
        }
        // Only one of several programs records it: a later time than another's could lie after a firing.
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, &format!("schedule {schedule}")).await?;
        if let Some(row) = newest.one(&transaction).await? {
            transaction.rollback().await?;
            return Ok(row.due_at);
        }
        let seen = schedule_firing::ActiveModel {
            schedule: Set(schedule.to_owned()),
            due_at: Set(now),
            job_id: Set(String::new()),
        };
        schedule_firing::Entity::insert(seen).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        Ok(now)
    }
}
