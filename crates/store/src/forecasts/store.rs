//! Access to the forecasts.

use chrono::{DateTime, Utc};
use closecast_domain::{Forecast, Symbol};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
};

use super::record::{StoredForecast, stored, unreadable};
use crate::{
    ChangeNotifier, EventPayload, ForecastEvent, StoreError, Topic, checked::CheckedConnection, entity::forecast,
    events::emit_in, symbols, transaction::begin_writing, write_queue::WriteQueue,
};

/// Access to the forecasts.
#[derive(Clone, Copy, Debug)]
pub struct ForecastStore<'a> {
    pub(super) database: &'a CheckedConnection,
    write_queue: &'a WriteQueue,
    notifier: &'a ChangeNotifier,
}

impl<'a> ForecastStore<'a> {
    pub(crate) fn new(
        database: &'a CheckedConnection,
        write_queue: &'a WriteQueue,
        notifier: &'a ChangeNotifier,
    ) -> Self {
        Self { database, write_queue, notifier }
    }

    /// Stores `made`, one row per session. A forecast of the same model, symbol and date is not stored again: the first
    /// one counts.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn record(&self, made: &Forecast, now: DateTime<Utc>) -> Result<(), StoreError> {
        let rows = made.sessions.iter().zip(1_i64..).map(|(session, step)| {
            Ok(forecast::ActiveModel {
                id: NotSet,
                symbol: Set(made.symbol.to_string()),
                model_name: Set(made.model.name.clone()),
                model_sha256: Set(made.model.sha256.clone()),
                as_of: Set(made.as_of),
                target_date: Set(session.date),
                step: Set(step),
                last_close: Set(made.last_close),
                point: Set(session.point),
                quantiles: Set(serde_json::to_string(&session.quantiles)
                    .map_err(|error| unreadable(made.symbol.as_str(), error.to_string()))?),
                created_at: Set(now),
                realised_close: Set(None),
                settled_at: Set(None),
            })
        });
        let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        if self.has_all(made).await? {
            return Ok(());
        }
        let _permit = self.write_queue.acquire().await?;
        let transaction = begin_writing(self.database).await?;
        let new = forecast::Entity::insert_many(rows)
            .on_conflict_do_nothing_on([
                forecast::Column::Symbol,
                forecast::Column::TargetDate,
                forecast::Column::ModelSha256,
                forecast::Column::AsOf,
            ])
            .exec_without_returning(&transaction)
            .await?;
        if !matches!(new, TryInsertResult::Inserted(1..)) {
            // Another server stored it concurrently.
            transaction.rollback().await?;
            return Ok(());
        }
        emit_in(&transaction, &[EventPayload::Forecast(ForecastEvent { forecast: made.clone() })], now).await?;
        transaction.commit().await?;
        self.notifier.notify(Topic::Events).await;
        Ok(())
    }

    /// Returns whether every session of `made` is stored: the usual case, which needs neither the write queue nor disk
    /// space.
    async fn has_all(&self, made: &Forecast) -> Result<bool, StoreError> {
        let there = forecast::Entity::find()
            .filter(forecast::Column::Symbol.eq(made.symbol.as_str()))
            .filter(forecast::Column::TargetDate.is_in(made.sessions.iter().map(|session| session.date)))
            .filter(forecast::Column::ModelSha256.eq(&made.model.sha256))
            .filter(forecast::Column::AsOf.eq(made.as_of))
            .count(self.database)
            .await?;
        Ok(there == made.sessions.len() as u64)
    }

    /// Deletes at most `limit` forecasts made before `before`, oldest first, and returns their number.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn delete_before(&self, before: DateTime<Utc>, limit: u64) -> Result<u64, StoreError> {
        let ids: Vec<i64> = forecast::Entity::find()
            .select_only()
            .column(forecast::Column::Id)
            .filter(forecast::Column::CreatedAt.lt(before))
            .order_by_asc(forecast::Column::CreatedAt)
            .order_by_asc(forecast::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(self.database)
            .await?;
        let transaction = begin_writing(self.database).await?;
        let deleted =
            forecast::Entity::delete_many().filter(forecast::Column::Id.is_in(ids)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected)
    }

    /// Returns the newest `limit` forecasts of `symbol`, latest session first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a row cannot be parsed.
    pub async fn newest(&self, symbol: &Symbol, limit: u64) -> Result<Vec<StoredForecast>, StoreError> {
        let rows = forecast::Entity::find()
            .filter(forecast::Column::Symbol.eq(symbol.as_str()))
            .order_by_desc(forecast::Column::TargetDate)
            .order_by_desc(forecast::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        rows.into_iter().map(stored).filter_map(symbols::skip_unreadable).collect()
    }
}
