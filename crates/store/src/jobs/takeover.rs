//! Jobs whose worker is gone.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{events::announce_job_in, record::JobState, store::JobStore};
use crate::{StoreError, Topic, entity::job, runs::close_abandoned, transaction::begin_writing};

/// Who waits for longer than this to write, waits for somebody who keeps the database locked.
const LONG_WAIT: Duration = Duration::from_millis(500);

/// How the error of a job ends whose worker was seen dead. While the next attempt runs, the error stays.
const SILENCE: &str = "ended without a word";

/// How it ends when the worker had other jobs too: any of them may have been what killed it.
const SILENCE_BESIDE: &str = "ended without a word while it worked on other jobs too";

/// Said of a job that is not taken up again.
const NOT_AGAIN: &str = ", as did the one before: it is not taken up again. The worker may have been killed for want of memory: look \
                         into its log and that of the system, and ask for smaller work or give it more memory";

/// Returns the error that a job keeps while it runs again.
pub(super) fn error_to_keep(error: Option<String>) -> Option<String> {
    error.filter(|error| error.ends_with(SILENCE))
}

/// A running job as an observer sees it. Its worker counts `beat` up: an observer that has seen the same figure for long
/// enough, by its own steady clock, may take the worker for dead. No two machines need to agree on the time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningJob {
    /// Identifier.
    pub id: String,
    /// Worker that has it.
    pub worker: Option<String>,
    /// Signs of life given under this lease.
    pub beat: i64,
    lease: String,
}

impl RunningJob {
    /// Returns a job as an observer would see it, for tests of observers.
    #[doc(hidden)]
    #[must_use]
    pub fn sample(id: &str, beat: i64) -> Self {
        Self { id: id.to_owned(), worker: None, beat, lease: "lease".to_owned() }
    }
}

/// Takes every running job from its worker, none of which can be there any more: back into the queue, or to its end if somebody
/// asked for that. An attempt counts as one. Returns how many are queued again.
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
        .col_expr(job::Column::Error, Expr::value("it was running when the backup was made that it was restored from"))
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
        let observed = |(id, worker, lease, beat): (_, _, Option<String>, _)| RunningJob {
            id,
            worker,
            beat,
            lease: lease.unwrap_or_default(),
        };
        Ok(rows.into_iter().map(observed).collect())
    }

    /// Returns whether the worker of a job has, or had until a moment ago, other jobs that have not ended.
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

    /// Takes a job from a worker that was seen dead: back into the queue, or to its end if somebody asked for that, if it was
    /// begun as often as it may be, or if the worker of its last attempt ended so too: what kills its worker each time, such as too
    /// little memory, would do so again. The run that the worker had begun is closed as failed. Returns whether the job was taken; it
    /// is not when the worker has given a sign of life since, or when the database was locked, so that no worker could give any.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn take_over(&self, observed: &RunningJob, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let silent = || {
            job::Entity::update_many()
                .filter(job::Column::Id.eq(&observed.id))
                .filter(job::Column::Lease.eq(&observed.lease))
                .filter(job::Column::Beat.eq(observed.beat))
                .filter(job::Column::State.eq(JobState::Running.name()))
                .col_expr(job::Column::Lease, Expr::value(None::<String>))
        };
        let alone = !self.has_others(observed).await?;
        let manner = if alone { SILENCE } else { SILENCE_BESIDE };
        let silence = format!("its worker {} {manner}", observed.worker.as_deref().unwrap_or("unknown"));
        let mut exhausted =
            Condition::any().add(Expr::col(job::Column::Attempt).gte(Expr::col(job::Column::MaxAttempts)));
        if alone {
            exhausted = exhausted.add(job::Column::Error.ends_with(SILENCE));
        }
        let cancelled = silent()
            .filter(job::Column::CancelRequested.eq(true))
            .col_expr(job::Column::State, Expr::value(JobState::Cancelled.name()))
            .col_expr(job::Column::EndedAt, Expr::value(now));
        let failed = silent()
            .filter(exhausted)
            .col_expr(job::Column::State, Expr::value(JobState::Failed.name()))
            .col_expr(job::Column::Error, Expr::value(format!("{silence}{NOT_AGAIN}")))
            .col_expr(job::Column::EndedAt, Expr::value(now));
        let queued = silent()
            .col_expr(job::Column::State, Expr::value(JobState::Queued.name()))
            .col_expr(job::Column::Error, Expr::value(&silence));
        let begun = Instant::now();
        let transaction = begin_writing(self.database).await?;
        if begun.elapsed() > LONG_WAIT {
            // Nor could the worker write.
            transaction.rollback().await?;
            return Ok(false);
        }
        for update in [cancelled, failed, queued] {
            if update.exec(&transaction).await?.rows_affected == 1 {
                close_abandoned(&transaction, &observed.id, &silence, now).await?;
                announce_job_in(&transaction, &observed.id, now).await?;
                transaction.commit().await?;
                self.wakeups.tell(Topic::Jobs).await;
                self.wakeups.tell(Topic::Events).await;
                return Ok(true);
            }
        }
        transaction.rollback().await?;
        Ok(false)
    }
}
