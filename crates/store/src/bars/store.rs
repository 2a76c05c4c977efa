//! Storing and loading bars.

use chrono::{DateTime, Utc};
use closecast_domain::{RawSeries, Symbol};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};

use super::{
    record::{SeriesGlance, SeriesInfo, StoredSeries},
    rows::{bar_row, header_row, series_info, stored_series},
};
use crate::{
    News, StoreError, Topic, Wakeups,
    checked::CheckedConnection,
    entity::{bar, series},
    events::announce_in,
    portions::portions,
    symbols,
    transaction::{begin_writing, lock_subject},
};

/// The stored bars.
#[derive(Clone, Copy, Debug)]
pub struct BarStore<'a> {
    database: &'a CheckedConnection,
    wakeups: &'a Wakeups,
}

impl<'a> BarStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, wakeups: &'a Wakeups) -> Self {
        Self { database, wakeups }
    }

    /// Stores `delivered` in place of whatever was stored of the symbol: all of it or, after an error, nothing.
    ///
    /// # Errors
    /// [`StoreError::NoBars`] for a series without bars, [`StoreError::Database`] when writing fails.
    pub async fn replace(&self, delivered: &RawSeries, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.replace_all(std::slice::from_ref(delivered), now).await
    }

    /// Stores several series, each in place of whatever was stored of its symbol: all of them or, after an error, nothing.
    ///
    /// # Errors
    /// As for [`BarStore::replace`].
    pub async fn replace_all(&self, delivered: &[RawSeries], now: DateTime<Utc>) -> Result<(), StoreError> {
        self.replace_if(delivered, now, |_at, _stored| Ok::<_, StoreError>(())).await.map(drop)
    }

    /// The same, if `may_replace` agrees for each series, told by its position, to lose what is stored. Nobody stores anything between its
    /// answers and the end. Returns what was stored before of each.
    ///
    /// # Errors
    /// As for [`BarStore::replace`], and what `may_replace` answers.
    pub async fn replace_if<E: From<StoreError>>(
        &self,
        delivered: &[RawSeries],
        now: DateTime<Utc>,
        may_replace: impl Fn(usize, Option<&SeriesInfo>) -> Result<(), E>,
    ) -> Result<Vec<Option<SeriesInfo>>, E> {
        let transaction = begin_writing(self.database).await.map_err(StoreError::from)?;
        // In one order for all, so that no two wait for each other.
        let mut order: Vec<usize> = (0..delivered.len()).collect();
        order.sort_by(|&a, &b| delivered[a].symbol.cmp(&delivered[b].symbol));
        let mut before = vec![None; delivered.len()];
        for &at in &order {
            before[at] = lock_one(&transaction, &delivered[at].symbol).await?;
            if let Err(refusal) = may_replace(at, before[at].as_ref()) {
                transaction.rollback().await.map_err(StoreError::from)?;
                return Err(refusal);
            }
        }
        for &at in &order {
            replace_one(&transaction, &delivered[at], now).await?;
        }
        let news: Vec<News> = delivered.iter().map(News::bars).collect();
        announce_in(&transaction, &news, now).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        self.wakeups.tell(Topic::Bars).await;
        self.wakeups.tell(Topic::Events).await;
        Ok(before)
    }

    /// Returns the stored series of `symbol`, or `None`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a row cannot be understood.
    pub async fn load(&self, symbol: &Symbol) -> Result<Option<StoredSeries>, StoreError> {
        let Some(header) = series::Entity::find_by_id(symbol.as_str()).one(self.database).await? else {
            return Ok(None);
        };
        let rows = bars_of(symbol).order_by_asc(bar::Column::Position).all(self.database).await?;
        stored_series(symbol, header, &rows).map(Some)
    }

    /// Returns the stored series of `symbol` with its newest `rows` rows alone, or `None`.
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

    /// Returns what is known of the stored series of `symbol`, or `None`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when the row cannot be understood.
    pub async fn info(&self, symbol: &Symbol) -> Result<Option<SeriesInfo>, StoreError> {
        series::Entity::find_by_id(symbol.as_str()).one(self.database).await?.map(series_info).transpose()
    }

    /// Returns what mostly changes when a series is stored, without looking at them one by one: not when it was stored by a clock
    /// behind that of another.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn glance(&self) -> Result<SeriesGlance, StoreError> {
        let glance: Option<(i64, Option<DateTime<Utc>>)> = series::Entity::find()
            .select_only()
            .column_as(series::Column::Symbol.count(), "count")
            .column_as(series::Column::StoredAt.max(), "newest")
            .into_tuple()
            .one(self.database)
            .await?;
        let (count, newest) = glance.unwrap_or_default();
        Ok(SeriesGlance { count, newest })
    }

    /// Returns when each series was last written. Rows that cannot be read are left out.
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

    /// Returns every stored series, by symbol. Rows that cannot be read are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn list(&self) -> Result<Vec<SeriesInfo>, StoreError> {
        let rows = series::Entity::find().order_by_asc(series::Column::Symbol).all(self.database).await?;
        rows.into_iter().map(series_info).filter_map(symbols::skip_unreadable).collect()
    }

    /// Returns why rows of stored series cannot be read.
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

/// Keeps others from writing the series of `symbol` until the end of the transaction, and returns what is known of it.
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
    for portion in portions(&delivered.bars) {
        let rows = portion.iter().zip(position..).map(|(raw, position)| bar_row(&delivered.symbol, position, raw));
        position += portion.len() as i64;
        bar::Entity::insert_many(rows.collect::<Vec<_>>()).exec_without_returning(transaction).await?;
    }
    Ok(())
}
