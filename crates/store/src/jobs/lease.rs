//! The lease of a job.
//!
//! Every statement about a claimed job names the token of its lease. A worker that was presumed dead and lost its job
//! cannot change it any more: of two workers on one job, one result counts.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, UpdateMany, sea_query::Expr};
use serde_json::Value;
use uuid::Uuid;

use super::record::JobState;
use crate::{StoreError, entity::job};

/// Exclusive right to work on a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub(super) job: String,
    pub(super) token: String,
}

/// State of a lease, returned by a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseStatus {
    /// The worker holds the lease.
    Held,
    /// The worker holds the lease, and cancellation was requested.
    CancelRequested,
    /// The lease is lost: another worker has the job, or it has ended.
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

    /// Ends the lease and sets the state of the job.
    pub(super) fn end(&self, state: JobState) -> UpdateMany<job::Entity> {
        self.update()
            .col_expr(job::Column::State, Expr::value(state.name()))
            .col_expr(job::Column::Lease, Expr::value(None::<String>))
    }
}

/// Ends a job as succeeded within an open transaction, atomically with its result.
///
/// # Errors
/// [`StoreError::LeaseLost`] when the job is no longer the worker's; the transaction must then be rolled back.
pub(crate) async fn succeed_in(
    transaction: &impl ConnectionTrait,
    lease: &Lease,
    result: &Value,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    require_held(succeeded(lease, result, now).exec(transaction).await?.rows_affected)
}

pub(super) fn succeeded(lease: &Lease, result: &Value, now: DateTime<Utc>) -> UpdateMany<job::Entity> {
    lease
        .end(JobState::Succeeded)
        .col_expr(job::Column::Result, Expr::value(result.to_string()))
        .col_expr(job::Column::Error, Expr::value(None::<String>))
        .col_expr(job::Column::EndedAt, Expr::value(now))
}

pub(super) fn require_held(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}
