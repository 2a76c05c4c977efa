//! Bars as they were delivered, one series a symbol.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{PriceBasis, RawBar, RawSeries, Symbol};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};

use crate::{
    News, StoreError, Topic, Wakeups,
    checked::CheckedConnection,
    connection::{begin_writing, lock_subject},
    entity::{bar, series},
    events::announce_in,
    portions::portions,
    symbols,
};

/// What is known about a stored series without reading its bars.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesInfo {
    /// Symbol.
    pub symbol: Symbol,
    /// Source of the last delivery.
    pub source: String,
    /// Currency, where known.
    pub currency: Option<String>,
    /// Oldest session.
    pub first_date: NaiveDate,
    /// Newest session.
    pub last_date: NaiveDate,
    /// Rows stored.
    pub rows: u64,
    /// When the series was last written.
    pub stored_at: DateTime<Utc>,
}

/// The stored series at a glance: two that differ say that something was stored in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesGlance {
    count: i64,
    newest: Option<DateTime<Utc>>,
}

/// A series read back.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSeries {
    /// The bars as delivered.
    pub series: RawSeries,
    /// When they were last written.
    pub stored_at: DateTime<Utc>,
}

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

fn stored_series(symbol: &Symbol, header: series::Model, rows: &[bar::Model]) -> Result<StoredSeries, StoreError> {
    let series = RawSeries {
        symbol: symbol.clone(),
        basis: basis_of(&header)?,
        currency: header.currency,
        source: header.source,
        bars: rows.iter().map(raw_bar).collect(),
    };
    Ok(StoredSeries { series, stored_at: header.stored_at })
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

fn header_row(delivered: &RawSeries, now: DateTime<Utc>) -> Result<series::ActiveModel, StoreError> {
    let dates = || delivered.bars.iter().map(|raw| raw.date);
    let all = dates().min().zip(dates().max());
    let Some((first, last)) = delivered.days_with_close(now.date_naive()).or(all) else {
        return Err(StoreError::NoBars(delivered.symbol.clone()));
    };
    Ok(series::ActiveModel {
        symbol: Set(delivered.symbol.to_string()),
        basis: Set(basis_name(delivered.basis).to_owned()),
        currency: Set(delivered.currency.clone()),
        source: Set(delivered.source.clone()),
        stored_at: Set(now),
        first_date: Set(first),
        last_date: Set(last),
        row_count: Set(i64::try_from(delivered.bars.len()).unwrap_or(i64::MAX)),
    })
}

fn bar_row(symbol: &Symbol, position: i64, raw: &RawBar) -> bar::ActiveModel {
    // SQLite has no NaN and no infinity: a price that is not a number is a missing price, which the quality report names.
    let number = |value: Option<f64>| Set(value.filter(|v| v.is_finite()));
    bar::ActiveModel {
        symbol: Set(symbol.to_string()),
        position: Set(position),
        date: Set(raw.date),
        open: number(raw.open),
        high: number(raw.high),
        low: number(raw.low),
        close: number(raw.close),
        adj_close: number(raw.adj_close),
        volume: number(raw.volume),
        dividend: Set(if raw.dividend.is_finite() { raw.dividend } else { 0.0 }),
        split: Set(if raw.split.is_finite() { raw.split } else { 1.0 }),
        live: Set(raw.live),
    }
}

fn raw_bar(row: &bar::Model) -> RawBar {
    RawBar {
        date: row.date,
        open: row.open,
        high: row.high,
        low: row.low,
        close: row.close,
        adj_close: row.adj_close,
        volume: row.volume,
        dividend: row.dividend,
        split: row.split,
        live: row.live,
    }
}

fn series_info(row: series::Model) -> Result<SeriesInfo, StoreError> {
    let symbol = symbols::read("series", &row.symbol)?;
    Ok(SeriesInfo {
        symbol,
        source: row.source,
        currency: row.currency,
        first_date: row.first_date,
        last_date: row.last_date,
        rows: u64::try_from(row.row_count).unwrap_or(0),
        stored_at: row.stored_at,
    })
}

fn basis_name(basis: PriceBasis) -> &'static str {
    match basis {
        PriceBasis::Unadjusted => "unadjusted",
        PriceBasis::SplitAdjusted => "split_adjusted",
        PriceBasis::FullyAdjusted => "fully_adjusted",
    }
}

fn basis_of(row: &series::Model) -> Result<PriceBasis, StoreError> {
    [PriceBasis::Unadjusted, PriceBasis::SplitAdjusted, PriceBasis::FullyAdjusted]
        .into_iter()
        .find(|&basis| basis_name(basis) == row.basis)
        .ok_or_else(|| unreadable(&row.symbol, format!("the price basis {:?} is not known", row.basis)))
}

fn unreadable(key: &str, reason: String) -> StoreError {
    StoreError::Row { table: "series", key: key.to_owned(), reason }
}
