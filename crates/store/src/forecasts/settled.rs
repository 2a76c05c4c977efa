//! Forecasts of the next session whose close has come: what a model is judged by.

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

/// Which settled forecasts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettledFilter {
    /// Only those of the model of this name, whichever version.
    pub model_name: Option<String>,
    /// Only those of sessions from this one on.
    pub from: Option<NaiveDate>,
}

impl ForecastStore<'_> {
    /// Returns the newest settled forecasts of `symbol`, of one session ahead and one a session, the latest session first. Where
    /// several were made of a session, the one made last counts.
    ///
    /// At most `limit` rows are read, so that fewer sessions come back where several forecasts were made of one.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a row cannot be understood.
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

    /// Returns the symbols with stored prices that forecasts were made of since `since`, by name. One look into the index for each
    /// symbol, however many forecasts there are.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a symbol cannot be understood.
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
