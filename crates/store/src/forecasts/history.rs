//! Pages through past forecasts, newest first.

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
    /// Only this symbol.
    pub symbol: Option<Symbol>,
    /// Only the model with this name.
    pub model_name: Option<String>,
    /// Only forecasts made at this time or later.
    pub made_from: Option<DateTime<Utc>>,
    /// Only forecasts made before this time.
    pub made_before: Option<DateTime<Utc>>,
}

/// End of a page. The next page starts here, whatever was added at the front since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last forecast of the page was made.
    pub created_at: DateTime<Utc>,
    /// Its identifier.
    pub id: i64,
}

/// A page of past forecasts.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Forecasts, newest first.
    pub forecasts: Vec<StoredForecast>,
    /// Start of the next page; `None` on the last page.
    pub next: Option<Cursor>,
}

impl ForecastStore<'_> {
    /// Returns at most `limit` forecasts after `cursor`, newest first. Unreadable rows are skipped.
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

    /// Returns the query plan of [`ForecastStore::history`], line by line, to diagnose slow pages. PostgreSQL executes
    /// the query and adds timings.
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

/// Compares pairs: PostgreSQL seeks to that position of the index; SQLite seeks to the time and skips within the index.
fn after(cursor: Cursor) -> Expr {
    let place = Expr::tuple([Expr::col(forecast::Column::CreatedAt), Expr::col(forecast::Column::Id)]);
    place.lt(Expr::tuple([Expr::value(cursor.created_at), Expr::value(cursor.id)]))
}
