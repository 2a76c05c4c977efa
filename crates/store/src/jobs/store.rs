//! Access to the queue.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::{
    enqueue::enqueue_in,
    events::emit_enqueued_in,
    record::{Enqueued, Job, JobFilter, JobState, NewJob, job},
};
use crate::{
    ChangeNotifier, EventPayload, StoreError, Topic, checked::CheckedConnection, entity::job, events::emit_in,
    transaction::begin_writing,
};

/// Access to the queue.
#[derive(Clone, Copy, Debug)]
pub struct JobStore<'a> {
    pub(super) database: &'a CheckedConnection,
    pub(super) notifier: &'a ChangeNotifier,
}

impl<'a> JobStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, notifier: &'a ChangeNotifier) -> Self {
        Self { database, notifier }
    }

    /// Adds a job to the queue. An unfinished job with the same deduplication key is returned instead.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails, [`StoreError::Row`] when the unfinished job cannot be parsed.
    pub async fn enqueue(&self, new: NewJob, now: DateTime<Utc>) -> Result<Enqueued, StoreError> {
        let transaction = begin_writing(self.database).await?;
        let enqueued = enqueue_in(&transaction, new, now).await?;
        emit_enqueued_in(&transaction, &enqueued, now).await?;
        transaction.commit().await?;
        self.notify_enqueued(&enqueued).await;
        Ok(enqueued)
    }

    pub(super) async fn notify_enqueued(&self, enqueued: &Enqueued) {
        self.notifier.notify(Topic::Jobs).await;
        if !enqueued.already_there {
            self.notifier.notify(Topic::Events).await;
        }
    }

    /// Returns a job.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when the row cannot be parsed.
    pub async fn get(&self, id: &str) -> Result<Option<Job>, StoreError> {
        job::Entity::find_by_id(id).one(self.database).await?.map(job).transpose()
    }

    /// Returns at most `limit` jobs, newest first; only those before the job `before` if given.
    ///
    /// # Errors
    /// As for [`JobStore::get`].
    pub async fn list(&self, filter: &JobFilter, before: Option<&str>, limit: u64) -> Result<Vec<Job>, StoreError> {
        let rows = filter
            .select()
            // Identifiers start with their creation time.
            .apply_if(before, |select, before| select.filter(job::Column::Id.lt(before)))
            .order_by_desc(job::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        rows.into_iter().map(job).collect()
    }

    /// Returns the number of jobs in each state, including states with none.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn counts(&self) -> Result<BTreeMap<&'static str, u64>, StoreError> {
        let rows: Vec<(String, i64)> = job::Entity::find()
            .select_only()
            .column(job::Column::State)
            .column_as(job::Column::Id.count(), "jobs")
            .group_by(job::Column::State)
            .into_tuple()
            .all(self.database)
            .await?;
        let counted: BTreeMap<String, u64> =
            rows.into_iter().map(|(state, jobs)| (state, jobs.unsigned_abs())).collect();
        let count = |state: JobState| (state.name(), counted.get(state.name()).copied().unwrap_or(0));
        Ok(JobState::ALL.map(count).into())
    }

    /// Cancels a queued job at once, and requests the cancellation of a running one, which its worker learns from its
    /// next heartbeat. A job that has ended is not changed. Returns the job, if it exists.
    ///
    /// # Errors
    /// As for [`JobStore::get`].
    pub async fn cancel(&self, id: &str, now: DateTime<Utc>) -> Result<Option<Job>, StoreError> {
        let transaction = begin_writing(self.database).await?;
        let Some(row) = job::Entity::find_by_id(id).lock_exclusive().one(&transaction).await? else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let mut changed = job::ActiveModel { id: Set(row.id.clone()), ..Default::default() };
        match JobState::named(&row.state) {
            Some(JobState::Queued) => {
                changed.state = Set(JobState::Cancelled.name().to_owned());
                changed.cancel_requested = Set(true);
                changed.ended_at = Set(Some(now));
            }
            Some(JobState::Running) => changed.cancel_requested = Set(true),
            _ => {
                transaction.rollback().await?;
                return job(row).map(Some);
            }
        }
        let changed = job(changed.update(&transaction).await?)?;
        emit_in(&transaction, &[EventPayload::job(changed.clone())], now).await?;
        transaction.commit().await?;
        self.notifier.notify(Topic::Events).await;
        Ok(Some(changed))
    }

    /// Deletes the jobs that ended before `before` and returns their number.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn delete_before(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let transaction = begin_writing(self.database).await?;
        let deleted = job::Entity::delete_many().filter(job::Column::EndedAt.lt(before)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected)
    }
}
