//! News of what happened, numbered in the order in which it became visible.
//!
//! News is written in the transaction of what it tells, as the last thing before its end: what was undone is not told, what was done is
//! told once, and of two things the later one has the greater number. Writers wait for each other only from there to the end, so that
//! nobody who has read one number has missed a lower one. News that cannot be written is left out and never fails the work.

mod news;
mod read;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, EntityTrait, TransactionTrait,
};

pub use self::news::{EventTopic, ForecastNews, ModelNews, News, SeriesNews};
use crate::{
    StoreError, Topic, Wakeups,
    checked::CheckedConnection,
    connection::{Turns, begin_writing, is_of_the_machine, lock_subject},
    entity::{event, job},
    jobs,
    portions::portions,
};

/// How long a writer waits for the others; after that the news is left out.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest news, in bytes; it is sent to thousands.
const LONGEST: usize = 256 * 1024;

/// A piece of news as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Number; what happened later has a greater one. Numbers may be left out.
    pub sequence: i64,
    /// What it is about.
    pub topic: EventTopic,
    /// Symbol concerned, where it is one.
    pub symbol: Option<String>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub news: News,
}

/// The news.
#[derive(Clone, Copy, Debug)]
pub struct EventStore<'a> {
    database: &'a CheckedConnection,
    turns: &'a Turns,
    wakeups: &'a Wakeups,
}

impl<'a> EventStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, turns: &'a Turns, wakeups: &'a Wakeups) -> Self {
        Self { database, turns, wakeups }
    }

    /// Tells news that belongs to no change of the database.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails, [`StoreError::Row`] when it has no form.
    pub async fn publish(&self, news: &[News], now: DateTime<Utc>) -> Result<(), StoreError> {
        if news.is_empty() {
            return Ok(());
        }
        let _turn = self.turns.take().await?;
        let transaction = begin_writing(self.database).await?;
        write(&transaction, news, now).await?;
        transaction.commit().await?;
        self.wakeups.tell(Topic::Events).await;
        Ok(())
    }
}

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
        announce(transaction, &[News::job(jobs::job(row)?)], now).await
    };
    left_out(transaction, news.await)
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

async fn write(transaction: &DatabaseTransaction, news: &[News], now: DateTime<Utc>) -> Result<(), StoreError> {
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

fn unreadable(id: i64, reason: String) -> StoreError {
    StoreError::Row { table: "events", key: id.to_string(), reason }
}
