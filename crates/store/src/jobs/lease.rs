//! The right to work on a job, and to say how it ended.
//!
//! Every statement here names the token that the job was claimed with. A worker that was taken for dead and lost its job to
//! another changes nothing any more: of two workers on one job, one result counts.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, UpdateMany, sea_query::Expr};
use serde_json::Value;
use uuid::Uuid;

use super::record::JobState;
use crate::{StoreError, entity::job};

/// The right to work on a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub(super) job: String,
    pub(super) token: String,
}

/// What a worker learns when it gives a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// The job is still the worker's.
    Held,
    /// The job is still the worker's, and somebody asked for its end.
    CancelRequested,
    /// The job was taken away: another worker has it, or it has ended.
    Lost,
}

impl Lease {
    pub(super) fn new(job: &str) -> Self {
        Self { job: job.to_owned(), token: Uuid::now_v7().to_string() }
    }

    /// Returns the job's identifier.
    #[must_use]
    pub fn job_id(&self) -> &str {
        &self.job
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn update(&self) -> UpdateMany<job::Entity> {
        job::Entity::update_many()
            .filter(job::Column::Id.eq(&self.job))
            .filter(job::Column::Lease.eq(&self.token))
            .filter(job::Column::State.eq(JobState::Running.name()))
    }

    /// Ends the lease with the job in `state`.
    pub(super) fn end(&self, state: JobState) -> UpdateMany<job::Entity> {
        self.update()
            .col_expr(job::Column::State, Expr::value(state.name()))
            .col_expr(job::Column::Lease, Expr::value(None::<String>))
    }
}

/// Ends a job as succeeded within a transaction that does more: what the job made and its end are one.
///
/// # Errors
/// [`StoreError::LeaseLost`] when the job is no longer the worker's; the transaction must then be rolled back.
pub(crate) async fn succeed_in(
    transaction: &impl ConnectionTrait,
    lease: &Lease,
    result: &Value,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    held(succeeded(lease, result, now).exec(transaction).await?.rows_affected)
}

pub(super) fn succeeded(lease: &Lease, result: &Value, now: DateTime<Utc>) -> UpdateMany<job::Entity> {
    lease
        .end(JobState::Succeeded)
        .col_expr(job::Column::Result, Expr::value(result.to_string()))
        .col_expr(job::Column::Error, Expr::value(None::<String>))
        .col_expr(job::Column::EndedAt, Expr::value(now))
}

pub(super) fn held(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}
