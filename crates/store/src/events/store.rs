//! Access to the events.

use chrono::{DateTime, Utc};

use super::{
    emit::write,
    payload::{EventPayload, EventTopic},
};
use crate::{
    ChangeNotifier, StoreError, Topic, checked::CheckedConnection, transaction::begin_writing, write_queue::WriteQueue,
};

/// A stored event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Sequence number; increases with time and may have gaps.
    pub sequence: i64,
    /// Its topic.
    pub topic: EventTopic,
    /// Affected symbol, if there is exactly one.
    pub symbol: Option<String>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub payload: EventPayload,
}

/// Access to the events.
#[derive(Clone, Copy, Debug)]
pub struct EventStore<'a> {
    pub(super) database: &'a CheckedConnection,
    write_queue: &'a WriteQueue,
    notifier: &'a ChangeNotifier,
}

impl<'a> EventStore<'a> {
    pub(crate) fn new(
        database: &'a CheckedConnection,
        write_queue: &'a WriteQueue,
        notifier: &'a ChangeNotifier,
    ) -> Self {
        Self { database, write_queue, notifier }
    }

    /// Writes events that report no change of the database.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails, [`StoreError::Row`] when an event is too large.
    pub async fn publish(&self, events: &[EventPayload], now: DateTime<Utc>) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let _permit = self.write_queue.acquire().await?;
        let transaction = begin_writing(self.database).await?;
        write(&transaction, events, now).await?;
        transaction.commit().await?;
        self.notifier.notify(Topic::Events).await;
        Ok(())
    }
}
