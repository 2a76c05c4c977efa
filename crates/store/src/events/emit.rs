//! Writes events in the transaction of the change that they report.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, EntityTrait, TransactionTrait,
};

use super::payload::EventPayload;
use crate::{
    StoreError, chunks::insert_chunks, database_error::is_system_failure, entity::event, transaction::lock_subject,
};

/// How long a writer waits for the lock of the events before it drops its event.
const EVENT_LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Lock of the writers of events. Programs of different versions share it, so it never changes.
const EVENT_LOCK: &str = "news";

/// Maximum size of an event; it is sent to thousands of clients.
const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// Writes events at the end of `transaction`. Call it last: other writers of events wait from here until the commit.
/// Events that cannot be written are dropped.
///
/// # Errors
/// [`StoreError::Database`] when SQLite cannot write: after an error such as a full disk the transaction may be gone,
/// and later statements would commit without it.
pub(crate) async fn emit_in(
    transaction: &DatabaseTransaction,
    events: &[EventPayload],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tolerate_failure(transaction, try_emit_in(transaction, events, now).await)
}

/// Drops events that could not be written, if the transaction can continue without them.
pub(crate) fn tolerate_failure(
    transaction: &DatabaseTransaction,
    result: Result<(), StoreError>,
) -> Result<(), StoreError> {
    match result {
        Err(error) if transaction.get_database_backend() == DatabaseBackend::Postgres || !ends_transaction(&error) => {
            tracing::warn!("an event is dropped: {error}");
            Ok(())
        }
        result => result,
    }
}

/// Returns whether SQLite may have rolled back the whole transaction rather than one statement.
fn ends_transaction(error: &StoreError) -> bool {
    match error {
        StoreError::Full(_) | StoreError::Busy(_) | StoreError::Damaged { .. } => true,
        StoreError::Database(error) => is_system_failure(error),
        _ => false,
    }
}

/// Writes events that may be dropped. PostgreSQL aborts the whole transaction after an error unless it occurs in a
/// savepoint; SQLite needs none.
pub(crate) async fn try_emit_in(
    transaction: &DatabaseTransaction,
    events: &[EventPayload],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    if transaction.get_database_backend() != DatabaseBackend::Postgres {
        return write(transaction, events, now).await;
    }
    let savepoint = transaction.begin().await?;
    match write(&savepoint, events, now).await {
        Ok(()) => Ok(savepoint.commit().await?),
        Err(error) => {
            savepoint.rollback().await?;
            Err(error)
        }
    }
}

pub(super) async fn write(
    transaction: &DatabaseTransaction,
    events: &[EventPayload],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        // The holder of the lock may be a machine that failed just before its commit.
        let limit = format!("SET LOCAL lock_timeout = {}", EVENT_LOCK_TIMEOUT.as_millis());
        transaction.execute_unprepared(&limit).await?;
    }
    lock_subject(transaction, EVENT_LOCK).await?;
    let rows = events.iter().map(|event| row(event, now)).collect::<Result<Vec<_>, _>>()?;
    for rows in insert_chunks(&rows) {
        event::Entity::insert_many(rows.to_vec()).exec_without_returning(transaction).await?;
    }
    Ok(())
}

fn row(event: &EventPayload, now: DateTime<Utc>) -> Result<event::ActiveModel, StoreError> {
    let payload = serde_json::to_string(event).map_err(|error| unreadable(0, error.to_string()))?;
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(unreadable(
            0,
            format!("{} bytes are too many for an event about {}", payload.len(), event.topic().name()),
        ));
    }
    Ok(event::ActiveModel {
        id: NotSet,
        topic: Set(event.topic().name().to_owned()),
        symbol: Set(event.symbol()),
        payload: Set(payload),
        created_at: Set(now),
    })
}

pub(super) fn unreadable(id: i64, reason: String) -> StoreError {
    StoreError::Row { table: "events", key: id.to_string(), reason }
}
