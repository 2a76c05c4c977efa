//! Reads and prunes events.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    emit::unreadable,
    payload::EventTopic,
    store::{Event, EventStore},
};
use crate::{StoreError, entity::event, transaction::begin_writing};

impl EventStore<'_> {
    /// Returns the events after the number `sequence`, oldest first, and the number of the last row read. At most
    /// `limit` rows are read; events of another version of the program that this one cannot parse are skipped.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn after(&self, sequence: i64, limit: u64) -> Result<(Vec<Event>, i64), StoreError> {
        let rows = event::Entity::find()
            .filter(event::Column::Id.gt(sequence))
            .order_by_asc(event::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        let read_to = rows.last().map_or(sequence, |row| row.id);
        let parsed = rows.into_iter().filter_map(|row| match read(row) {
            Ok(event) => Some(event),
            Err(error) => {
                tracing::warn!("an event is skipped: {error}");
                None
            }
        });
        Ok((parsed.collect(), read_to))
    }

    /// Returns the number of the newest event, 0 if there was none.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn newest(&self) -> Result<i64, StoreError> {
        let last = event::Entity::find().select_only().column(event::Column::Id).order_by_desc(event::Column::Id);
        Ok(last.into_tuple().one(self.database).await?.unwrap_or(0))
    }

    /// Returns the number of the oldest stored event.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn oldest(&self) -> Result<Option<i64>, StoreError> {
        let first = event::Entity::find().select_only().column(event::Column::Id).order_by_asc(event::Column::Id);
        Ok(first.into_tuple().one(self.database).await?)
    }

    /// Deletes events before `before` and the oldest beyond `max_events`, at most about `limit`, and returns their
    /// number. The newest is kept, so that the last sequence number is known.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn prune(&self, before: DateTime<Utc>, max_events: u32, limit: u32) -> Result<u64, StoreError> {
        let Some(oldest) = self.oldest().await? else { return Ok(0) };
        let newest = self.newest().await?;
        let aged = event::Entity::find()
            .select_only()
            .column(event::Column::Id)
            .filter(event::Column::CreatedAt.lt(before))
            .order_by_desc(event::Column::Id);
        let aged: i64 = aged.into_tuple().one(self.database).await?.unwrap_or(0);
        let last = aged.max(newest - i64::from(max_events)).min(newest - 1).min(oldest - 1 + i64::from(limit));
        let transaction = begin_writing(self.database).await?;
        let deleted = event::Entity::delete_many().filter(event::Column::Id.lte(last)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected)
    }
}

fn read(row: event::Model) -> Result<Event, StoreError> {
    let topic = EventTopic::named(&row.topic)
        .ok_or_else(|| unreadable(row.id, format!("the topic {:?} is not known", row.topic)))?;
    let payload = serde_json::from_str(&row.payload).map_err(|error| unreadable(row.id, error.to_string()))?;
    Ok(Event { sequence: row.id, topic, symbol: row.symbol, at: row.created_at, payload })
}
