//! Settles forecasts: records the close of their session.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::Symbol;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::{
    record::{StoredForecast, stored},
    store::ForecastStore,
};
use crate::{StoreError, entity::forecast, symbols, transaction::begin_writing};

/// A forecast without a realised close.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsettled {
    /// Identifier of the forecast.
    pub id: i64,
    /// The forecast.
    pub forecast: StoredForecast,
}

impl ForecastStore<'_> {
    /// Returns the symbols with unsettled forecasts of sessions up to `until`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a symbol cannot be parsed.
    pub async fn unsettled_symbols(&self, until: NaiveDate) -> Result<Vec<Symbol>, StoreError> {
        let found: Vec<String> = forecast::Entity::find()
            .select_only()
            .column(forecast::Column::Symbol)
            .distinct()
            .filter(forecast::Column::RealisedClose.is_null())
            .filter(forecast::Column::SettledAt.is_null())
            .filter(forecast::Column::TargetDate.lte(until))
            .order_by_asc(forecast::Column::Symbol)
            .into_tuple()
            .all(self.database)
            .await?;
        let read = |text: String| symbols::read("forecasts", &text);
        found.into_iter().map(read).filter_map(symbols::skip_unreadable).collect()
    }

    /// Returns at most `limit` unsettled forecasts of `symbol` up to the session `until`, by identifier, those after
    /// `after`.
    ///
    /// # Errors
    /// As for [`ForecastStore::unsettled_symbols`].
    pub async fn unsettled(
        &self,
        symbol: &Symbol,
        until: NaiveDate,
        after: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Unsettled>, StoreError> {
        let rows = forecast::Entity::find()
            .filter(forecast::Column::Symbol.eq(symbol.as_str()))
            .filter(forecast::Column::RealisedClose.is_null())
            .filter(forecast::Column::SettledAt.is_null())
            .filter(forecast::Column::TargetDate.lte(until))
            .apply_if(after, |rows, after| rows.filter(forecast::Column::Id.gt(after)))
            .order_by_asc(forecast::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        rows.into_iter().map(|row| Ok(Unsettled { id: row.id, forecast: stored(row)? })).collect()
    }

    /// Records the closes of forecasts by identifier, atomically. `None` means that the date was not a session.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn settle(&self, closes: &[(i64, Option<f64>)], now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = begin_writing(self.database).await?;
        for &(id, close) in closes {
            let row = forecast::ActiveModel {
                id: Set(id),
                realised_close: Set(close.filter(|close| close.is_finite())),
                settled_at: Set(Some(now)),
                ..Default::default()
            };
            row.update(&transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}
