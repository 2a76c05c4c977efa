//! Limits the number of unfinished jobs.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};

use super::{
    enqueue::{enqueue_in, unfinished_in},
    events::emit_enqueued_in,
    record::{Enqueued, NewJob},
    store::JobStore,
};
use crate::{
    StoreError,
    entity::job,
    transaction::{begin_writing, lock_subject},
};

/// The condition of the index `jobs_dedup`, verbatim: only then does SQLite use that index.
const UNFINISHED: &str = "state IN ('queued', 'running')";

/// Maximum number of unfinished jobs of some kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobQuota<'a> {
    /// Kinds that are counted together.
    pub kinds: &'a [&'a str],
    /// Maximum number of unfinished jobs.
    pub max_unfinished: u64,
}

impl JobStore<'_> {
    /// Adds a job to the queue unless the quota is used up: returns `None` then. An unfinished job with the same
    /// deduplication key is returned regardless of the quota.
    ///
    /// # Errors
    /// As for [`JobStore::enqueue`].
    pub async fn enqueue_within(
        &self,
        new: NewJob,
        quota: JobQuota<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<Enqueued>, StoreError> {
        let transaction = begin_writing(self.database).await?;
        // Serialises the check, so that two writers cannot both take the last slot. The name is shared with other versions.
        lock_subject(&transaction, "allowance of jobs").await?;
        if let Some(job) = unfinished_in(&transaction, &new).await? {
            transaction.rollback().await?;
            return Ok(Some(Enqueued { job, already_there: true }));
        }
        if count(&transaction, quota.kinds).await? >= quota.max_unfinished {
            transaction.rollback().await?;
            return Ok(None);
        }
        let enqueued = enqueue_in(&transaction, new, now).await?;
        emit_enqueued_in(&transaction, &enqueued, now).await?;
        transaction.commit().await?;
        self.notify_enqueued(&enqueued).await;
        Ok(Some(enqueued))
    }
}

/// Returns the number of unfinished jobs of `kinds`.
async fn count(connection: &impl ConnectionTrait, kinds: &[&str]) -> Result<u64, StoreError> {
    let unfinished = job::Entity::find()
        .filter(Expr::cust(UNFINISHED))
        .filter(job::Column::Kind.is_in(kinds.iter().copied()))
        .count(connection);
    Ok(unfinished.await?)
}
