//! Reclaims the jobs of workers that died.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{events::emit_job_in, record::JobState, store::JobStore};
use crate::{StoreError, Topic, entity::job, runs::close_abandoned, transaction::begin_writing};

/// A longer wait for the write lock means that another program keeps the database locked.
const MAX_WRITE_WAIT: Duration = Duration::from_millis(500);

/// End of the error of a job whose worker died. It is stored, and detects that two workers in a row died, so it must
/// not change.
const WORKER_LOST: &str = "ended without a word";

/// The same for a worker that ran several jobs: any of them may have killed it.
const WORKER_LOST_WITH_OTHERS: &str = "ended without a word while it worked on other jobs too";

/// Explains that a job is not retried.
const NOT_RETRIED: &str = ", as did the one before: the job is not retried. The worker may have run out of memory: check its log and that of \
                           the system, and reduce the size of the job or give the worker more memory";

/// Returns the error that a job keeps while it is retried.
pub(super) fn error_to_keep(error: Option<String>) -> Option<String> {
    error.filter(|error| error.ends_with(WORKER_LOST))
}

/// A running job as an observer sees it. Its worker increments `heartbeats`: an observer that sees no change for long
/// enough, by its own monotonic clock, presumes the worker dead. No two clocks need to agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningJob {
    /// Identifier.
    pub id: String,
    /// Worker that runs it.
    pub worker: Option<String>,
    /// Heartbeats under this lease.
    pub heartbeats: i64,
    lease: String,
}

impl RunningJob {
    /// Returns a job for tests of observers.
    #[doc(hidden)]
    #[must_use]
    pub fn sample(id: &str, heartbeats: i64) -> Self {
        Self { id: id.to_owned(), worker: None, heartbeats, lease: "lease".to_owned() }
    }
}

/// Requeues every running job after a restore, whose workers cannot exist any more, or ends it if cancellation was
/// requested. Returns the number of requeued jobs.
///
/// # Errors
/// [`StoreError::Database`] when writing fails.
pub(crate) async fn requeue_running_in(
    transaction: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let running = || {
        job::Entity::update_many()
            .filter(job::Column::State.eq(JobState::Running.name()))
            .col_expr(job::Column::Lease, Expr::value(None::<String>))
            .col_expr(job::Column::Worker, Expr::value(None::<String>))
    };
    running()
        .filter(job::Column::CancelRequested.eq(true))
        .col_expr(job::Column::State, Expr::value(JobState::Cancelled.name()))
        .col_expr(job::Column::EndedAt, Expr::value(now))
        .exec(transaction)
        .await?;
    let queued = running()
        .col_expr(job::Column::State, Expr::value(JobState::Queued.name()))
        .col_expr(job::Column::Error, Expr::value("the job was running when its backup was made"))
        .exec(transaction)
        .await?;
    Ok(queued.rows_affected)
}

impl JobStore<'_> {
    /// Returns the running jobs.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn running(&self) -> Result<Vec<RunningJob>, StoreError> {
        let columns = [job::Column::Id, job::Column::Worker, job::Column::Lease, job::Column::Beat];
        let rows: Vec<(String, Option<String>, Option<String>, i64)> = job::Entity::find()
            .select_only()
            .columns(columns)
            .filter(job::Column::State.eq(JobState::Running.name()))
            .into_tuple()
            .all(self.database)
            .await?;
        let observed = |(id, worker, lease, heartbeats): (_, _, Option<String>, _)| RunningJob {
            id,
            worker,
            heartbeats,
            lease: lease.unwrap_or_default(),
        };
        Ok(rows.into_iter().map(observed).collect())
    }

    /// Returns whether the worker of a job has other unfinished jobs.
    async fn has_others(&self, observed: &RunningJob) -> Result<bool, StoreError> {
        let Some(worker) = &observed.worker else { return Ok(false) };
        let others = job::Entity::find()
            .filter(job::Column::Worker.eq(worker))
            .filter(job::Column::Id.ne(&observed.id))
            .filter(job::Column::EndedAt.is_null())
            .count(self.database)
            .await?;
        Ok(others > 0)
    }

    /// Reclaims a job from a worker that is presumed dead: requeues it, or ends it if cancellation was requested, its
    /// attempts are used up, or its previous worker died too: what killed both, such as too little memory, would do so
    /// again. Closes the run of the worker as failed. Returns whether the job was reclaimed: it is not if the worker
    /// has sent a heartbeat since, or if the database was locked so that no worker could.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn reclaim(&self, observed: &RunningJob, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let reclaimed = || {
            job::Entity::update_many()
                .filter(job::Column::Id.eq(&observed.id))
                .filter(job::Column::Lease.eq(&observed.lease))
                .filter(job::Column::Beat.eq(observed.heartbeats))
                .filter(job::Column::State.eq(JobState::Running.name()))
                .col_expr(job::Column::Lease, Expr::value(None::<String>))
        };
        let was_only_job = !self.has_others(observed).await?;
        let ending = if was_only_job { WORKER_LOST } else { WORKER_LOST_WITH_OTHERS };
        let error = format!("its worker {} {ending}", observed.worker.as_deref().unwrap_or("unknown"));
        let mut exhausted =
            Condition::any().add(Expr::col(job::Column::Attempt).gte(Expr::col(job::Column::MaxAttempts)));
        if was_only_job {
            exhausted = exhausted.add(job::Column::Error.ends_with(WORKER_LOST));
        }
        let cancelled = reclaimed()
            .filter(job::Column::CancelRequested.eq(true))
            .col_expr(job::Column::State, Expr::value(JobState::Cancelled.name()))
            .col_expr(job::Column::EndedAt, Expr::value(now));
        let failed = reclaimed()
            .filter(exhausted)
            .col_expr(job::Column::State, Expr::value(JobState::Failed.name()))
            .col_expr(job::Column::Error, Expr::value(format!("{error}{NOT_RETRIED}")))
            .col_expr(job::Column::EndedAt, Expr::value(now));
        let queued = reclaimed()
            .col_expr(job::Column::State, Expr::value(JobState::Queued.name()))
            .col_expr(job::Column::Error, Expr::value(&error));
        let started = Instant::now();
        let transaction = begin_writing(self.database).await?;
        if started.elapsed() > MAX_WRITE_WAIT {
            // The worker could not write either.
            transaction.rollback().await?;
            return Ok(false);
        }
        for update in [cancelled, failed, queued] {
            if update.exec(&transaction).await?.rows_affected == 1 {
                close_abandoned(&transaction, &observed.id, &error, now).await?;
                emit_job_in(&transaction, &observed.id, now).await?;
                transaction.commit().await?;
                self.notifier.notify(Topic::Jobs).await;
                self.notifier.notify(Topic::Events).await;
                return Ok(true);
            }
        }
        transaction.rollback().await?;
        Ok(false)
    }
}
