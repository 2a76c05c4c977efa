//! Work that waits, runs and ends: a queue in the database, shared by any number of workers.

mod allowance;
mod lease;
mod record;
mod takeover;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{LockBehavior, LockType},
};
use uuid::Uuid;

pub use self::{
    allowance::Allowance,
    lease::{Beat, Lease},
    record::{Enqueued, Job, JobFilter, JobState, NewJob},
    takeover::RunningJob,
};
pub(crate) use self::{lease::succeed_in, record::job, takeover::requeue_running_in};
use crate::{
    News, StoreError, Topic, Wakeups,
    checked::CheckedConnection,
    connection::{begin_writing, lock_subject},
    entity::{job, schedule_firing},
    events::announce_in,
};

/// A job to be tried again waits at most this long. One due later than that was dated by a clock that has since been put
/// back, and is due now.
pub const LONGEST_DELAY: TimeDelta = TimeDelta::hours(1);

/// How far the clocks of several machines may be apart.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

/// The queue.
#[derive(Clone, Copy, Debug)]
pub struct JobStore<'a> {
    database: &'a CheckedConnection,
    wakeups: &'a Wakeups,
}

impl<'a> JobStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, wakeups: &'a Wakeups) -> Self {
        Self { database, wakeups }
    }

    /// Adds a job to the queue. While one with the same deduplication key is unfinished, that one is returned instead.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails, [`StoreError::Row`] when the unfinished one cannot be understood.
    pub async fn enqueue(&self, new: NewJob, now: DateTime<Utc>) -> Result<Enqueued, StoreError> {
        let transaction = begin_writing(self.database).await?;
        let enqueued = enqueue_in(&transaction, new, now).await?;
        announce_new_in(&transaction, &enqueued, now).await?;
        transaction.commit().await?;
        self.tell_of(&enqueued).await;
        Ok(enqueued)
    }

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

    async fn tell_of(&self, enqueued: &Enqueued) {
        self.wakeups.tell(Topic::Jobs).await;
        if !enqueued.already_there {
            self.wakeups.tell(Topic::Events).await;
        }
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

    /// Takes the most urgent job that is due, for the worker named `worker`. No other worker gets it while the lease is kept.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the queue cannot be reached, [`StoreError::Row`] when the row cannot be understood.
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
            error: Set(takeover::error_to_keep(row.error)),
            started_at: Set(Some(row.started_at.unwrap_or(now))),
            ..<job::ActiveModel as sea_orm::ActiveModelTrait>::default()
        };
        let claimed = record::job(changed.update(&transaction).await?)?;
        announce_in(&transaction, &[News::job(claimed.clone())], now).await?;
        transaction.commit().await?;
        self.wakeups.tell(Topic::Events).await;
        Ok(Some((claimed, lease)))
    }

    /// Returns a job.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when the row cannot be understood.
    pub async fn get(&self, id: &str) -> Result<Option<Job>, StoreError> {
        job::Entity::find_by_id(id).one(self.database).await?.map(record::job).transpose()
    }

    /// Returns at most `limit` jobs, newest first, that were made before the job `before`.
    ///
    /// # Errors
    /// As for [`JobStore::get`].
    pub async fn list(&self, filter: &JobFilter, before: Option<&str>, limit: u64) -> Result<Vec<Job>, StoreError> {
        let rows = filter
            .select()
            // Identifiers begin with the time they were made at.
            .apply_if(before, |select, before| select.filter(job::Column::Id.lt(before)))
            .order_by_desc(job::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        rows.into_iter().map(record::job).collect()
    }

    /// Returns how many jobs are in each state; states without any are 0.
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

    /// Asks for the end of a job: one that waits is cancelled at once, one that runs when its worker hears of it. A job that has
    /// ended stays as it is. Returns the job as it is then, or `None` when there is none.
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
                return record::job(row).map(Some);
            }
        }
        let changed = record::job(changed.update(&transaction).await?)?;
        announce_in(&transaction, &[News::job(changed.clone())], now).await?;
        transaction.commit().await?;
        self.wakeups.tell(Topic::Events).await;
        Ok(Some(changed))
    }

    /// Deletes the jobs that ended before `before`, and returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn forget(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let transaction = begin_writing(self.database).await?;
        let deleted = job::Entity::delete_many().filter(job::Column::EndedAt.lt(before)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected)
    }
}

/// Tells of a job that was not there before. To be called last, as [`announce_in`].
///
/// # Errors
/// As for [`announce_in`].
pub(crate) async fn announce_new_in(
    transaction: &DatabaseTransaction,
    enqueued: &Enqueued,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if enqueued.already_there {
        return Ok(());
    }
    announce_in(transaction, &[News::job(enqueued.job.clone())], now).await
}

fn next_waiting(now: DateTime<Utc>) -> sea_orm::Select<job::Entity> {
    let due = Condition::any().add(job::Column::RunAt.lte(now)).add(job::Column::RunAt.gt(now + LONGEST_DELAY));
    job::Entity::find()
        .filter(job::Column::State.eq(JobState::Queued.name()))
        .filter(due)
        .order_by_desc(job::Column::Priority)
        .order_by_asc(job::Column::RunAt)
        .order_by_asc(job::Column::Id)
        .limit(1)
}

/// Adds a job within a transaction that does more.
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
    Ok(Enqueued { job: record::job(row)?, already_there: false })
}

/// Returns the unfinished job of the same deduplication key. Nobody else adds one before the transaction ends.
async fn unfinished_in(transaction: &DatabaseTransaction, new: &NewJob) -> Result<Option<Job>, StoreError> {
    let Some(key) = &new.dedup_key else { return Ok(None) };
    lock_subject(transaction, &format!("job {key}")).await?;
    let unfinished = job::Entity::find()
        .filter(job::Column::DedupKey.eq(key))
        .filter(job::Column::State.is_in([JobState::Queued.name(), JobState::Running.name()]))
        .one(transaction)
        .await?;
    unfinished.map(record::job).transpose()
}
