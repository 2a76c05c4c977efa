//! State changes of a job by the worker that holds its lease.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect, UpdateMany,
    sea_query::{Expr, ExprTrait},
};
use serde_json::Value;

use super::{
    events::emit_job_in,
    lease::{Lease, LeaseStatus, require_held, succeeded},
    record::{JobState, job},
    store::JobStore,
};
use crate::{EventPayload, StoreError, Topic, entity::job, events::emit_in, transaction::begin_writing};

impl JobStore<'_> {
    /// Sends a heartbeat and optionally the progress of the job.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database cannot be reached.
    pub async fn heartbeat(&self, lease: &Lease, progress: Option<&Value>) -> Result<LeaseStatus, StoreError> {
        let mut update = lease.update().col_expr(job::Column::Beat, Expr::col(job::Column::Beat).add(1));
        if let Some(progress) = progress {
            update = update.col_expr(job::Column::Progress, Expr::value(progress.to_string()));
        }
        if update.exec(self.database).await?.rows_affected == 0 {
            return Ok(LeaseStatus::Lost);
        }
        let row = job::Entity::find_by_id(&lease.job).one(self.database).await?;
        Ok(match row {
            Some(row) if row.lease.as_deref() != Some(&lease.token) => LeaseStatus::Lost,
            Some(row) if row.cancel_requested => LeaseStatus::CancelRequested,
            Some(_) => LeaseStatus::Held,
            None => LeaseStatus::Lost,
        })
    }

    /// Ends the job as succeeded.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the worker has lost the lease, [`StoreError::Database`] when writing fails.
    pub async fn succeed(&self, lease: &Lease, result: &Value, now: DateTime<Utc>) -> Result<(), StoreError> {
        require_held(self.apply(lease, succeeded(lease, result, now), now).await?)
    }

    /// Updates the job and writes an event. Returns the number of updated jobs, 0 if the lease is lost.
    async fn apply(
        &self,
        lease: &Lease,
        update: UpdateMany<job::Entity>,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let transaction = begin_writing(self.database).await?;
        let changed = update.exec(&transaction).await?.rows_affected;
        if changed > 0 {
            emit_job_in(&transaction, &lease.job, now).await?;
        }
        transaction.commit().await?;
        if changed > 0 {
            self.notifier.notify(Topic::Events).await;
        }
        Ok(changed)
    }

    /// Writes an event with the progress of the job, unless the lease is lost.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database cannot be reached, [`StoreError::Row`] when the row cannot be parsed.
    pub async fn publish_progress(
        &self,
        lease: &Lease,
        progress: &Value,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = begin_writing(self.database).await?;
        // Locks the row, so that the event of the job's end follows this one.
        let locked = job::Entity::find_by_id(&lease.job)
            .filter(job::Column::Lease.eq(&lease.token))
            .filter(job::Column::State.eq(JobState::Running.name()))
            .lock_exclusive();
        let Some(row) = locked.one(&transaction).await? else {
            transaction.rollback().await?;
            return Ok(());
        };
        let mut running = job(row)?;
        running.progress = Some(progress.clone());
        emit_in(&transaction, &[EventPayload::job(running)], now).await?;
        transaction.commit().await?;
        self.notifier.notify(Topic::Events).await;
        Ok(())
    }

    /// Ends the job as failed, without a retry.
    ///
    /// # Errors
    /// As for [`JobStore::succeed`].
    pub async fn fail(&self, lease: &Lease, error: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = lease
            .end(JobState::Failed)
            .col_expr(job::Column::Error, Expr::value(error))
            .col_expr(job::Column::EndedAt, Expr::value(now));
        require_held(self.apply(lease, update, now).await?)
    }

    /// Requeues the job until `run_at` after the transient failure `error`.
    ///
    /// # Errors
    /// As for [`JobStore::succeed`].
    pub async fn retry(
        &self,
        lease: &Lease,
        error: &str,
        run_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let update = lease
            .end(JobState::Queued)
            .col_expr(job::Column::Error, Expr::value(error))
            .col_expr(job::Column::RunAt, Expr::value(run_at));
        self.requeue_unless_cancelled(lease, update, now).await
    }

    /// Requeues the job, or ends it if cancellation was requested.
    async fn requeue_unless_cancelled(
        &self,
        lease: &Lease,
        update: UpdateMany<job::Entity>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let update = update
            .filter(job::Column::CancelRequested.eq(false))
            .col_expr(job::Column::Progress, Expr::value(None::<String>));
        if self.apply(lease, update, now).await? == 1 {
            return Ok(());
        }
        self.end_cancelled(lease, now).await
    }

    /// Ends the job as cancelled.
    ///
    /// # Errors
    /// As for [`JobStore::succeed`].
    pub async fn end_cancelled(&self, lease: &Lease, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = lease.end(JobState::Cancelled).col_expr(job::Column::EndedAt, Expr::value(now));
        require_held(self.apply(lease, update, now).await?)
    }

    /// Requeues the job without counting the attempt, because its worker shuts down. This is an orderly end: a worker
    /// that died before and one that dies after it are not two in a row.
    ///
    /// # Errors
    /// As for [`JobStore::succeed`].
    pub async fn release(&self, lease: &Lease, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = lease
            .end(JobState::Queued)
            .col_expr(job::Column::Attempt, Expr::col(job::Column::Attempt).sub(1))
            .col_expr(job::Column::Error, Expr::value(None::<String>));
        self.requeue_unless_cancelled(lease, update, now).await?;
        self.notifier.notify(Topic::Jobs).await;
        Ok(())
    }
}
