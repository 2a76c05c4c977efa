//! Past forecasts, newest first, a page at a time, however many there are.

use chrono::{DateTime, Utc};
use closecast_domain::Symbol;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
    sea_query::{Expr, ExprTrait},
};

use super::{
    record::{StoredForecast, stored},
    store::ForecastStore,
};
use crate::{StoreError, entity::forecast, symbols};

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
    /// Returns at most `limit` forecasts after `cursor`, the one made last first. Rows that cannot be read are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn history(
        &self,
        filter: &HistoryFilter,
        cursor: Option<Cursor>,
        limit: u64,
    ) -> Result<Page, StoreError> {
        let rows = select(filter, cursor, limit).all(self.database).await?;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let last = rows.get(size.saturating_sub(1)).filter(|_| rows.len() > size);
        let next = last.map(|row| Cursor { created_at: row.created_at, id: row.id });
        let forecasts =
            rows.into_iter().take(size).map(stored).filter_map(symbols::skip_unreadable).collect::<Result<_, _>>()?;
        Ok(Page { forecasts, next })
    }

    /// Returns how the database answers that question, as it says itself, line by line: for whoever looks for the reason of a
    /// slow page. PostgreSQL runs the query for it and adds the time that each step took.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn history_plan(
        &self,
        filter: &HistoryFilter,
        cursor: Option<Cursor>,
        limit: u64,
    ) -> Result<Vec<String>, StoreError> {
        let backend = self.database.get_database_backend();
        let (explain, column) = match backend {
            DatabaseBackend::Postgres => ("EXPLAIN (ANALYZE, BUFFERS)", "QUERY PLAN"),
            _ => ("EXPLAIN QUERY PLAN", "detail"),
        };
        let mut statement = select(filter, cursor, limit).build(backend);
        statement.sql = format!("{explain} {}", statement.sql);
        let lines = self.database.query_all_raw(statement).await?;
        Ok(lines.iter().map(|line| line.try_get("", column)).collect::<Result<_, _>>()?)
    }
}

fn select(filter: &HistoryFilter, cursor: Option<Cursor>, limit: u64) -> Select<forecast::Entity> {
    forecast::Entity::find()
        .apply_if(filter.symbol.as_ref(), |rows, symbol| rows.filter(forecast::Column::Symbol.eq(symbol.as_str())))
        .apply_if(filter.model_name.as_ref(), |rows, name| rows.filter(forecast::Column::ModelName.eq(name)))
        .apply_if(filter.made_from, |rows, from| rows.filter(forecast::Column::CreatedAt.gte(from)))
        .apply_if(filter.made_before, |rows, before| rows.filter(forecast::Column::CreatedAt.lt(before)))
        .apply_if(cursor, |rows, cursor| rows.filter(after(cursor)))
        .order_by_desc(forecast::Column::CreatedAt)
        .order_by_desc(forecast::Column::Id)
        // One more, to know whether there is a next page.
        .limit(limit.saturating_add(1))
}

/// As one comparison of pairs: PostgreSQL begins at that very place of the index, SQLite at the time, and passes over those made
/// then without leaving the index.
fn after(cursor: Cursor) -> Expr {
    let place = Expr::tuple([Expr::col(forecast::Column::CreatedAt), Expr::col(forecast::Column::Id)]);
    place.lt(Expr::tuple([Expr::value(cursor.created_at), Expr::value(cursor.id)]))
}
