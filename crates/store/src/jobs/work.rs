//! What the worker of a job says of it.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect, UpdateMany,
    sea_query::{Expr, ExprTrait},
};
use serde_json::Value;

use super::{
    events::announce_job_in,
    lease::{Beat, Lease, held, succeeded},
    record::{JobState, job},
    store::JobStore,
};
use crate::{News, StoreError, Topic, entity::job, events::announce_in, transaction::begin_writing};

impl JobStore<'_> {
    /// Gives a sign of life, and says how far the job is.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database cannot be reached.
    pub async fn beat(&self, lease: &Lease, progress: Option<&Value>) -> Result<Beat, StoreError> {
        let mut update = lease.update().col_expr(job::Column::Beat, Expr::col(job::Column::Beat).add(1));
        if let Some(progress) = progress {
            update = update.col_expr(job::Column::Progress, Expr::value(progress.to_string()));
        }
        if update.exec(self.database).await?.rows_affected == 0 {
            return Ok(Beat::Lost);
        }
        let row = job::Entity::find_by_id(&lease.job).one(self.database).await?;
        Ok(match row {
            Some(row) if row.lease.as_deref() != Some(&lease.token) => Beat::Lost,
            Some(row) if row.cancel_requested => Beat::CancelRequested,
            Some(_) => Beat::Held,
            None => Beat::Lost,
        })
    }

    /// Ends the job: it did what was asked.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the job is no longer the worker's, [`StoreError::Database`] when writing fails.
    pub async fn succeed(&self, lease: &Lease, result: &Value, now: DateTime<Utc>) -> Result<(), StoreError> {
        held(self.enter(lease, succeeded(lease, result, now), now).await?)
    }

    /// Changes the job, and tells so. Returns how many jobs that were: none when it is no longer the worker's.
    async fn enter(
        &self,
        lease: &Lease,
        update: UpdateMany<job::Entity>,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let transaction = begin_writing(self.database).await?;
        let changed = update.exec(&transaction).await?.rows_affected;
        if changed > 0 {
            announce_job_in(&transaction, &lease.job, now).await?;
        }
        transaction.commit().await?;
        if changed > 0 {
            self.wakeups.tell(Topic::Events).await;
        }
        Ok(changed)
    }

    /// Tells how far the job is, to whoever listens; not when it is no longer the worker's.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database cannot be reached, [`StoreError::Row`] when the row cannot be understood.
    pub async fn tell_progress(&self, lease: &Lease, progress: &Value, now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = begin_writing(self.database).await?;
        // The row is locked, so that the end of the job is told after this.
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
        announce_in(&transaction, &[News::job(running)], now).await?;
        transaction.commit().await?;
        self.wakeups.tell(Topic::Events).await;
        Ok(())
    }

    /// Ends the job: it failed for the reason `error`, and trying again would not help.
    ///
    /// # Errors
    /// As for [`JobStore::succeed`].
    pub async fn fail(&self, lease: &Lease, error: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = lease
            .end(JobState::Failed)
            .col_expr(job::Column::Error, Expr::value(error))
            .col_expr(job::Column::EndedAt, Expr::value(now));
        held(self.enter(lease, update, now).await?)
    }

    /// Puts the job back into the queue until `run_at`: it failed for the reason `error`, which may pass.
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
        self.back_unless_cancelled(lease, update, now).await
    }

    /// Puts a job back, or ends it where somebody has asked for that.
    async fn back_unless_cancelled(
        &self,
        lease: &Lease,
        update: UpdateMany<job::Entity>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // It will begin again.
        let update = update
            .filter(job::Column::CancelRequested.eq(false))
            .col_expr(job::Column::Progress, Expr::value(None::<String>));
        if self.enter(lease, update, now).await? == 1 {
            return Ok(());
        }
        self.cancelled(lease, now).await
    }

    /// Ends the job because somebody asked for that.
    ///
    /// # Errors
    /// As for [`JobStore::succeed`].
    pub async fn cancelled(&self, lease: &Lease, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = lease.end(JobState::Cancelled).col_expr(job::Column::EndedAt, Expr::value(now));
        held(self.enter(lease, update, now).await?)
    }

    /// Gives the job back to the queue as if it had not been begun: its worker is about to end. That is an end in order, so that a
    /// death of the worker before it and one after it are not two in a row.
    ///
    /// # Errors
    /// As for [`JobStore::succeed`].
    pub async fn release(&self, lease: &Lease, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = lease
            .end(JobState::Queued)
            .col_expr(job::Column::Attempt, Expr::col(job::Column::Attempt).sub(1))
            .col_expr(job::Column::Error, Expr::value(None::<String>));
        self.back_unless_cancelled(lease, update, now).await?;
        self.wakeups.tell(Topic::Jobs).await;
        Ok(())
    }
}
