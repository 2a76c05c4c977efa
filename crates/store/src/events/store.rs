//! The events, and those that belong to no change of the database.

use chrono::{DateTime, Utc};

use super::{
    emit::write,
    news::{EventTopic, News},
};
use crate::{StoreError, Topic, Wakeups, checked::CheckedConnection, transaction::begin_writing, write_queue::Turns};

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
    pub(super) database: &'a CheckedConnection,
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
