//! Forecasts of the next session whose close has come: what a model is judged by.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::Symbol;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::{ForecastStore, StoredForecast, stored};
use crate::{StoreError, entity::forecast};

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

    /// Returns the symbols that forecasts were made of since `since`, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a symbol cannot be understood.
    pub async fn symbols_since(&self, since: DateTime<Utc>) -> Result<Vec<Symbol>, StoreError> {
        let symbols: Vec<String> = forecast::Entity::find()
            .select_only()
            .column(forecast::Column::Symbol)
            .distinct()
            .filter(forecast::Column::CreatedAt.gte(since))
            .order_by_asc(forecast::Column::Symbol)
            .into_tuple()
            .all(self.database)
            .await?;
        let read = |text: String| Symbol::new(&text).map_err(|error| super::unreadable(&text, error.to_string()));
        symbols.into_iter().map(read).collect()
    }
}
