//! How many jobs of some kinds may be unfinished at a time.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};

use super::{
    enqueue::{enqueue_in, unfinished_in},
    events::announce_new_in,
    record::{Enqueued, NewJob},
    store::JobStore,
};
use crate::{
    StoreError,
    entity::job,
    transaction::{begin_writing, lock_subject},
};

/// The condition of the index `jobs_dedup`, to the letter: only so does SQLite see that the index has every unfinished job.
const UNFINISHED: &str = "state IN ('queued', 'running')";

/// How many jobs of some kinds may wait or run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance<'a> {
    /// The kinds that are counted together.
    pub kinds: &'a [&'a str],
    /// Most of them that may be unfinished.
    pub most: u64,
}

impl JobStore<'_> {
    /// Adds a job to the queue, unless as many as allowed are unfinished already: then `None`. One with the same deduplication key
    /// that is unfinished is returned whatever the count.
    ///
    /// # Errors
    /// As for [`JobStore::enqueue`].
    pub async fn enqueue_within(
        &self,
        new: NewJob,
        allowance: Allowance<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<Enqueued>, StoreError> {
        let transaction = begin_writing(self.database).await?;
        // One who counts at a time, or two could both find the last place free.
        lock_subject(&transaction, "allowance of jobs").await?;
        if let Some(job) = unfinished_in(&transaction, &new).await? {
            transaction.rollback().await?;
            return Ok(Some(Enqueued { job, already_there: true }));
        }
        if count(&transaction, allowance.kinds).await? >= allowance.most {
            transaction.rollback().await?;
            return Ok(None);
        }
        let enqueued = enqueue_in(&transaction, new, now).await?;
        announce_new_in(&transaction, &enqueued, now).await?;
        transaction.commit().await?;
        self.tell_of(&enqueued).await;
        Ok(Some(enqueued))
    }
}

/// Returns how many jobs of `kinds` wait or run.
async fn count(connection: &impl ConnectionTrait, kinds: &[&str]) -> Result<u64, StoreError> {
    let unfinished = job::Entity::find()
        .filter(Expr::cust(UNFINISHED))
        .filter(job::Column::Kind.is_in(kinds.iter().copied()))
        .count(connection);
    Ok(unfinished.await?)
}
