//! Jobs that a schedule starts.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    enqueue::enqueue_in,
    events::announce_new_in,
    record::{Enqueued, NewJob},
    store::JobStore,
};
use crate::{
    StoreError,
    entity::schedule_firing,
    transaction::{begin_writing, lock_subject},
};

/// How far the clocks of several machines may be apart.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

impl JobStore<'_> {
    /// Adds the job of one firing of a schedule, unless this or another program has already done so.
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
        announce_new_in(&transaction, &enqueued, now).await?;
        transaction.commit().await?;
        self.tell_of(&enqueued).await;
        Ok(Some(enqueued))
    }

    /// Returns the newest moment that `schedule` fired for; of one that never did, when it was first seen, which is now if no
    /// program has seen it yet. Firings for moments still to come, by more than clocks differ, are passed over: a clock was ahead
    /// then, and the schedule must not wait until its time has come again. No moment fires twice for that:
    /// [`JobStore::enqueue_firing`] knows each.
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
            .filter(schedule_firing::Column::DueAt.lte(now + CLOCKS_DIFFER))
            .order_by_desc(schedule_firing::Column::DueAt);
        if let Some(row) = newest.clone().one(self.database).await? {
            return Ok(row.due_at);
        }
        // Of several programs that see it first, one enters it: a later moment than another's could lie after a firing.
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
