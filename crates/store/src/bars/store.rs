//! Access to the bars.

use chrono::{DateTime, Utc};
use closecast_domain::{RawSeries, Symbol};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};

use super::{
    record::{SeriesChangeMarker, SeriesInfo, StoredSeries},
    rows::{bar_row, header_row, series_info, stored_series},
};
use crate::{
    ChangeNotifier, EventPayload, StoreError, Topic,
    checked::CheckedConnection,
    chunks::insert_chunks,
    entity::{bar, series},
    events::emit_in,
    symbols,
    transaction::{begin_writing, lock_subject},
};

/// Access to the bars.
#[derive(Clone, Copy, Debug)]
pub struct BarStore<'a> {
    database: &'a CheckedConnection,
    notifier: &'a ChangeNotifier,
}

impl<'a> BarStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, notifier: &'a ChangeNotifier) -> Self {
        Self { database, notifier }
    }

    /// Replaces the stored series of a symbol by `delivered`, atomically.
    ///
    /// # Errors
    /// [`StoreError::NoBars`] for a series without bars, [`StoreError::Database`] when writing fails.
    pub async fn replace(&self, delivered: &RawSeries, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.replace_all(std::slice::from_ref(delivered), now).await
    }

    /// Replaces the stored series of several symbols, atomically.
    ///
    /// # Errors
    /// As for [`BarStore::replace`].
    pub async fn replace_all(&self, delivered: &[RawSeries], now: DateTime<Utc>) -> Result<(), StoreError> {
        self.replace_if(delivered, now, |_at, _stored| Ok::<_, StoreError>(())).await.map(drop)
    }

    /// Replaces the stored series of several symbols, atomically, if `may_replace` agrees for each. It is called with
    /// the position of a series and its stored predecessor; no other writer changes these until the end. Returns what
    /// was stored before.
    ///
    /// # Errors
    /// As for [`BarStore::replace`], and the error of `may_replace`.
    pub async fn replace_if<E: From<StoreError>>(
        &self,
        delivered: &[RawSeries],
        now: DateTime<Utc>,
        may_replace: impl Fn(usize, Option<&SeriesInfo>) -> Result<(), E>,
    ) -> Result<Vec<Option<SeriesInfo>>, E> {
        let transaction = begin_writing(self.database).await.map_err(StoreError::from)?;
        // All writers lock in the same order, which avoids deadlocks.
        let mut order: Vec<usize> = (0..delivered.len()).collect();
        order.sort_by(|&a, &b| delivered[a].symbol.cmp(&delivered[b].symbol));
        let mut before = vec![None; delivered.len()];
        for &at in &order {
            before[at] = lock_one(&transaction, &delivered[at].symbol).await?;
            if let Err(failure_cause) = may_replace(at, before[at].as_ref()) {
                transaction.rollback().await.map_err(StoreError::from)?;
                return Err(failure_cause);
            }
        }
        for &at in &order {
            replace_one(&transaction, &delivered[at], now).await?;
        }
        let events: Vec<EventPayload> = delivered.iter().map(EventPayload::bars).collect();
        emit_in(&transaction, &events, now).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        self.notifier.notify(Topic::Bars).await;
        self.notifier.notify(Topic::Events).await;
        Ok(before)
    }

    /// Returns the stored series of `symbol`, if any.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a row cannot be parsed.
    pub async fn load(&self, symbol: &Symbol) -> Result<Option<StoredSeries>, StoreError> {
        let Some(header) = series::Entity::find_by_id(symbol.as_str()).one(self.database).await? else {
            return Ok(None);
        };
        let rows = bars_of(symbol).order_by_asc(bar::Column::Position).all(self.database).await?;
        stored_series(symbol, header, &rows).map(Some)
    }

    /// Returns the newest `rows` bars of the stored series of `symbol`, if any.
    ///
    /// # Errors
    /// As for [`BarStore::load`].
    pub async fn load_newest(&self, symbol: &Symbol, rows: u64) -> Result<Option<StoredSeries>, StoreError> {
        let Some(header) = series::Entity::find_by_id(symbol.as_str()).one(self.database).await? else {
            return Ok(None);
        };
        let newest = bars_of(symbol).order_by_desc(bar::Column::Date).order_by_desc(bar::Column::Position).limit(rows);
        let mut rows = newest.all(self.database).await?;
        rows.sort_by_key(|row| row.position);
        stored_series(symbol, header, &rows).map(Some)
    }

    /// Returns the metadata of the stored series of `symbol`, if any.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when the row cannot be parsed.
    pub async fn info(&self, symbol: &Symbol) -> Result<Option<SeriesInfo>, StoreError> {
        series::Entity::find_by_id(symbol.as_str()).one(self.database).await?.map(series_info).transpose()
    }

    /// Returns a marker that changes when a series is stored, unless the clock of the writer is behind that of an
    /// earlier writer.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn change_marker(&self) -> Result<SeriesChangeMarker, StoreError> {
        let newest: Option<(i64, Option<DateTime<Utc>>)> = series::Entity::find()
            .select_only()
            .column_as(series::Column::Symbol.count(), "count")
            .column_as(series::Column::StoredAt.max(), "newest")
            .into_tuple()
            .one(self.database)
            .await?;
        let (count, newest) = newest.unwrap_or_default();
        Ok(SeriesChangeMarker { count, newest })
    }

    /// Returns when each series was last written. Unreadable rows are skipped.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn stored_at(&self) -> Result<Vec<(Symbol, DateTime<Utc>)>, StoreError> {
        let rows: Vec<(String, DateTime<Utc>)> = series::Entity::find()
            .select_only()
            .columns([series::Column::Symbol, series::Column::StoredAt])
            .into_tuple()
            .all(self.database)
            .await?;
        let read = |(text, stored_at): (String, _)| Ok((symbols::read("series", &text)?, stored_at));
        rows.into_iter().map(read).filter_map(symbols::skip_unreadable).collect()
    }

    /// Returns the metadata of every stored series, by symbol. Unreadable rows are skipped.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn list(&self) -> Result<Vec<SeriesInfo>, StoreError> {
        let rows = series::Entity::find().order_by_asc(series::Column::Symbol).all(self.database).await?;
        rows.into_iter().map(series_info).filter_map(symbols::skip_unreadable).collect()
    }

    /// Returns the errors of unreadable rows.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn unreadable(&self) -> Result<Vec<StoreError>, StoreError> {
        let rows = series::Entity::find().order_by_asc(series::Column::Symbol).all(self.database).await?;
        Ok(rows.into_iter().filter_map(|row| series_info(row).err()).collect())
    }
}

fn bars_of(symbol: &Symbol) -> sea_orm::Select<bar::Entity> {
    bar::Entity::find().filter(bar::Column::Symbol.eq(symbol.as_str()))
}

/// Locks the series of `symbol` for other writers until the end of the transaction and returns its metadata.
async fn lock_one(transaction: &DatabaseTransaction, symbol: &Symbol) -> Result<Option<SeriesInfo>, StoreError> {
    lock_subject(transaction, &format!("bars {symbol}")).await?;
    series::Entity::find_by_id(symbol.as_str()).one(transaction).await?.map(series_info).transpose()
}

async fn replace_one(
    transaction: &DatabaseTransaction,
    delivered: &RawSeries,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let header = header_row(delivered, now)?;
    bar::Entity::delete_many().filter(bar::Column::Symbol.eq(delivered.symbol.as_str())).exec(transaction).await?;
    let update = OnConflict::column(series::Column::Symbol)
        .update_columns([
            series::Column::Basis,
            series::Column::Currency,
            series::Column::Source,
            series::Column::StoredAt,
            series::Column::FirstDate,
            series::Column::LastDate,
            series::Column::RowCount,
        ])
        .to_owned();
    series::Entity::insert(header).on_conflict(update).exec_without_returning(transaction).await?;
    let mut position = 0;
    for chunk in insert_chunks(&delivered.bars) {
        let rows = chunk.iter().zip(position..).map(|(raw, position)| bar_row(&delivered.symbol, position, raw));
        position += chunk.len() as i64;
        bar::Entity::insert_many(rows.collect::<Vec<_>>()).exec_without_returning(transaction).await?;
    }
    Ok(())
}
