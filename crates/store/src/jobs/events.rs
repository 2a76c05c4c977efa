//! News about jobs.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, EntityTrait};

use super::record::{Enqueued, job};
use crate::{
    News, StoreError,
    entity::job,
    events::{announce, announce_in, left_out},
};

/// Tells how the job `id` stands at the end of `transaction`. To be called last, as [`announce_in`].
///
/// # Errors
/// As for [`announce_in`].
pub(crate) async fn announce_job_in(
    transaction: &DatabaseTransaction,
    id: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let news = async {
        let Some(row) = job::Entity::find_by_id(id).one(transaction).await? else { return Ok(()) };
        announce(transaction, &[News::job(job(row)?)], now).await
    };
    left_out(transaction, news.await)
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
