//! Writing news in the transaction of what it tells.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, EntityTrait, TransactionTrait,
};

use super::news::News;
use crate::{
    StoreError, database_error::is_of_the_machine, entity::event, portions::portions, transaction::lock_subject,
};

/// How long a writer waits for the others; after that the news is left out.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest news, in bytes; it is sent to thousands.
const LONGEST: usize = 256 * 1024;

/// Tells what the rest of `transaction` does. To be called last: others who tell something wait from here to its end. News that cannot be
/// told is left out.
///
/// # Errors
/// [`StoreError::Database`] when SQLite cannot write: after an error such as a full disk there may be no transaction any more, and
/// what follows would be written without the rest.
pub(crate) async fn announce_in(
    transaction: &DatabaseTransaction,
    news: &[News],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    left_out(transaction, announce(transaction, news, now).await)
}

/// Leaves news out that could not be told, where the transaction goes on without it.
pub(crate) fn left_out(transaction: &DatabaseTransaction, told: Result<(), StoreError>) -> Result<(), StoreError> {
    match told {
        Err(error) if transaction.get_database_backend() == DatabaseBackend::Postgres || !ends_transaction(&error) => {
            tracing::warn!("news is left out: {error}");
            Ok(())
        }
        told => told,
    }
}

/// Returns whether SQLite may have undone the whole transaction, and not the one statement.
fn ends_transaction(error: &StoreError) -> bool {
    match error {
        StoreError::Full(_) | StoreError::Busy(_) | StoreError::Damaged { .. } => true,
        StoreError::Database(error) => is_of_the_machine(error),
        _ => false,
    }
}

/// Writes what can be left out without the rest. PostgreSQL gives up the whole transaction after an error, unless it was in a part that
/// can be undone by itself. SQLite needs no such part.
pub(crate) async fn announce(
    transaction: &DatabaseTransaction,
    news: &[News],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if news.is_empty() {
        return Ok(());
    }
    if transaction.get_database_backend() != DatabaseBackend::Postgres {
        return write(transaction, news, now).await;
    }
    let part = transaction.begin().await?;
    match write(&part, news, now).await {
        Ok(()) => Ok(part.commit().await?),
        Err(error) => {
            part.rollback().await?;
            Err(error)
        }
    }
}

pub(super) async fn write(
    transaction: &DatabaseTransaction,
    news: &[News],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        // Its holder may be a machine that went away a moment before its end.
        let limit = format!("SET LOCAL lock_timeout = {}", PATIENCE.as_millis());
        transaction.execute_unprepared(&limit).await?;
    }
    lock_subject(transaction, "news").await?;
    let rows = news.iter().map(|news| row(news, now)).collect::<Result<Vec<_>, _>>()?;
    for rows in portions(&rows) {
        event::Entity::insert_many(rows.to_vec()).exec_without_returning(transaction).await?;
    }
    Ok(())
}

fn row(news: &News, now: DateTime<Utc>) -> Result<event::ActiveModel, StoreError> {
    let payload = serde_json::to_string(news).map_err(|error| unreadable(0, error.to_string()))?;
    if payload.len() > LONGEST {
        return Err(unreadable(
            0,
            format!("{} bytes are too many for news about {}", payload.len(), news.topic().name()),
        ));
    }
    Ok(event::ActiveModel {
        id: NotSet,
        topic: Set(news.topic().name().to_owned()),
        symbol: Set(news.symbol()),
        payload: Set(payload),
        created_at: Set(now),
    })
}

pub(super) fn unreadable(id: i64, reason: String) -> StoreError {
    StoreError::Row { table: "events", key: id.to_string(), reason }
}
