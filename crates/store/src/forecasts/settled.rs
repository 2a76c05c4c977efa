//! Settled forecasts of the next session, by which models are judged.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::Symbol;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{
    record::{StoredForecast, stored},
    store::ForecastStore,
};
use crate::{
    StoreError,
    entity::{forecast, series},
    symbols,
};

/// Which settled forecasts to return.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettledFilter {
    /// Only any version of the model with this name.
    pub model_name: Option<String>,
    /// Only sessions from this date on.
    pub from: Option<NaiveDate>,
}

impl ForecastStore<'_> {
    /// Returns the newest settled one-step forecasts of `symbol`, latest session first, one per session: of several,
    /// the one made last.
    ///
    /// At most `limit` rows are read, so sessions with several forecasts reduce the number of results.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a row cannot be parsed.
    pub async fn settled(
        &self,
        symbol: &Symbol,
        filter: &SettledFilter,
        limit: u64,
    ) -> Result<Vec<StoredForecast>, StoreError> {
        let rows = forecast::Entity::find()
            .filter(forecast::Column::Symbol.eq(symbol.as_str()))
            .filter(forecast::Column::Step.eq(1))
            .filter(forecast::Column::RealisedClose.is_not_null())
            .apply_if(filter.model_name.as_ref(), |rows, name| rows.filter(forecast::Column::ModelName.eq(name)))
            .apply_if(filter.from, |rows, from| rows.filter(forecast::Column::TargetDate.gte(from)))
            .order_by_desc(forecast::Column::TargetDate)
            .order_by_desc(forecast::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        let mut forecasts = rows.into_iter().map(stored).collect::<Result<Vec<_>, _>>()?;
        forecasts.dedup_by_key(|forecast| forecast.target_date);
        Ok(forecasts)
    }

    /// Returns the symbols with stored prices and forecasts made since `since`, by name. Costs one index lookup per
    /// symbol, independent of the number of forecasts.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a symbol cannot be parsed.
    pub async fn symbols_since(&self, since: DateTime<Utc>) -> Result<Vec<Symbol>, StoreError> {
        let of_symbol = Expr::col((forecast::Entity, forecast::Column::Symbol));
        let made = Query::select()
            .expr(Expr::val(1))
            .from(forecast::Entity)
            .and_where(of_symbol.equals((series::Entity, series::Column::Symbol)))
            .and_where(Expr::col((forecast::Entity, forecast::Column::CreatedAt)).gte(since))
            .take();
        let found: Vec<String> = series::Entity::find()
            .select_only()
            .column(series::Column::Symbol)
            .filter(Expr::exists(made))
            .order_by_asc(series::Column::Symbol)
            .into_tuple()
            .all(self.database)
            .await?;
        let read = |text: String| symbols::read("series", &text);
        found.into_iter().map(read).filter_map(symbols::skip_unreadable).collect()
    }
}
