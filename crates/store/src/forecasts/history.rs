//! Past forecasts, newest first, a page at a time, however many there are.

use chrono::{DateTime, Utc};
use closecast_domain::Symbol;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::{ForecastStore, StoredForecast, stored};
use crate::{StoreError, entity::forecast};

/// Which forecasts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Only those of this symbol.
    pub symbol: Option<Symbol>,
    /// Only those of the model of this name.
    pub model_name: Option<String>,
    /// Only those made then or later.
    pub made_from: Option<DateTime<Utc>>,
    /// Only those made before.
    pub made_before: Option<DateTime<Utc>>,
}

/// Where a page ended. The next one begins there, whatever has been added at the front since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last forecast of the page was made.
    pub created_at: DateTime<Utc>,
    /// Its number.
    pub id: i64,
}

/// A page of past forecasts.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Forecasts, the one made last first.
    pub forecasts: Vec<StoredForecast>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Cursor>,
}

impl ForecastStore<'_> {
    /// Returns at most `limit` forecasts after `cursor`, the one made last first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a row cannot be understood.
    pub async fn history(
        &self,
        filter: &HistoryFilter,
        cursor: Option<Cursor>,
        limit: u64,
    ) -> Result<Page, StoreError> {
        let rows = forecast::Entity::find()
            .apply_if(filter.symbol.as_ref(), |rows, symbol| rows.filter(forecast::Column::Symbol.eq(symbol.as_str())))
            .apply_if(filter.model_name.as_ref(), |rows, name| rows.filter(forecast::Column::ModelName.eq(name)))
            .apply_if(filter.made_from, |rows, from| rows.filter(forecast::Column::CreatedAt.gte(from)))
            .apply_if(filter.made_before, |rows, before| rows.filter(forecast::Column::CreatedAt.lt(before)))
            .apply_if(cursor, |rows, cursor| rows.filter(after(cursor)))
            .order_by_desc(forecast::Column::CreatedAt)
            .order_by_desc(forecast::Column::Id)
            // One more, to know whether there is a next page.
            .limit(limit.saturating_add(1))
            .all(self.database)
            .await?;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let last = rows.get(size.saturating_sub(1)).filter(|_| rows.len() > size);
        let next = last.map(|row| Cursor { created_at: row.created_at, id: row.id });
        let forecasts = rows.into_iter().take(size).map(stored).collect::<Result<_, _>>()?;
        Ok(Page { forecasts, next })
    }
}

/// The bound on the time alone lets the index begin at the right place; the rest decides among those made at once.
fn after(cursor: Cursor) -> Condition {
    let earlier = forecast::Column::CreatedAt.lt(cursor.created_at);
    Condition::all()
        .add(forecast::Column::CreatedAt.lte(cursor.created_at))
        .add(Condition::any().add(earlier).add(forecast::Column::Id.lt(cursor.id)))
}
