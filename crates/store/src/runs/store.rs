//! Access to the runs.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict},
};
use serde_json::Value;
use uuid::Uuid;

use super::record::{NewRun, Run, RunFilter, RunLog, RunMetric, RunOutcome, RunState, read};
use crate::{
    StoreError,
    checked::CheckedConnection,
    chunks::insert_chunks,
    entity::{run, run_metric, training_log},
    transaction::begin_writing,
};

/// Access to the runs.
#[derive(Clone, Copy, Debug)]
pub struct RunStore<'a> {
    pub(super) database: &'a CheckedConnection,
}

impl<'a> RunStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection) -> Self {
        Self { database }
    }

    /// Records the start of a run. `owner` identifies its program, so that a killed program can be detected later.
    /// Earlier unfinished runs of the same job are closed as failed. Returns the identifier of the run.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn begin(&self, new: NewRun, owner: &Value, now: DateTime<Utc>) -> Result<String, StoreError> {
        let id = Uuid::now_v7().to_string();
        let job = new.job_id.clone();
        let row = run::ActiveModel {
            id: Set(id.clone()),
            name: Set(new.name),
            symbol: Set(new.symbol),
            kind: Set(new.kind),
            state: Set(RunState::Running.name().to_owned()),
            parameters: Set(new.parameters.to_string()),
            metrics: Set(Value::Null.to_string()),
            system: Set(owner.to_string()),
            data_fingerprint: Set(None),
            code_version: Set(new.code_version),
            job_id: Set(new.job_id),
            model_version: Set(None),
            error: Set(None),
            started_at: Set(now),
            ended_at: Set(None),
        };
        let transaction = begin_writing(self.database).await?;
        if let Some(job) = job {
            close_abandoned(&transaction, &job, "its worker ended without a word", now).await?;
        }
        run::Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Records metrics. The last value of a step counts; non-finite values are skipped.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn record(&self, run: &str, metrics: &[RunMetric]) -> Result<(), StoreError> {
        let finite: Vec<_> = metrics.iter().filter(|metric| metric.value.is_finite()).collect();
        for chunk in insert_chunks(&finite) {
            let rows = chunk.iter().map(|metric| run_metric::ActiveModel {
                run_id: Set(run.to_owned()),
                key: Set(metric.key.clone()),
                step: Set(i64::try_from(metric.step).unwrap_or(i64::MAX)),
                value: Set(metric.value),
            });
            let update =
                OnConflict::columns([run_metric::Column::RunId, run_metric::Column::Key, run_metric::Column::Step])
                    .update_column(run_metric::Column::Value)
                    .to_owned();
            run_metric::Entity::insert_many(rows).on_conflict(update).exec_without_returning(self.database).await?;
        }
        Ok(())
    }

    /// Records a log line.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn log(&self, run: &str, line: RunLog) -> Result<(), StoreError> {
        let row = training_log::ActiveModel {
            id: NotSet,
            run_id: Set(run.to_owned()),
            at: Set(line.at),
            level: Set(line.level),
            message: Set(line.message),
        };
        training_log::Entity::insert(row).exec_without_returning(self.database).await?;
        Ok(())
    }

    /// Records the outcome of a run.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails or the run does not exist.
    pub async fn end(
        &self,
        run: &str,
        state: RunState,
        outcome: RunOutcome,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let row = run::ActiveModel {
            id: Set(run.to_owned()),
            state: Set(state.name().to_owned()),
            metrics: Set(outcome.metrics.to_string()),
            system: Set(outcome.system.to_string()),
            data_fingerprint: Set(outcome.data_fingerprint),
            model_version: Set(outcome.model_version.map(|version| i64::try_from(version).unwrap_or(i64::MAX))),
            error: Set(outcome.error),
            ended_at: Set(Some(now)),
            ..Default::default()
        };
        row.update(self.database).await?;
        Ok(())
    }

    /// Returns a run.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when the row cannot be parsed.
    pub async fn get(&self, id: &str) -> Result<Option<Run>, StoreError> {
        run::Entity::find_by_id(id).one(self.database).await?.map(read).transpose()
    }

    /// Returns at most `limit` runs, newest first; only those before the run `before` if given.
    ///
    /// # Errors
    /// As for [`RunStore::get`].
    pub async fn list(&self, filter: &RunFilter, before: Option<&str>, limit: u64) -> Result<Vec<Run>, StoreError> {
        let rows = run::Entity::find()
            .apply_if(filter.name.as_ref(), |select, name| select.filter(run::Column::Name.eq(name)))
            .apply_if(filter.symbol.as_ref(), |select, symbol| select.filter(run::Column::Symbol.eq(symbol)))
            .apply_if(filter.kind.as_ref(), |select, kind| select.filter(run::Column::Kind.eq(kind)))
            .apply_if(filter.state, |select, state| select.filter(run::Column::State.eq(state.name())))
            .apply_if(before, |select, before| select.filter(run::Column::Id.lt(before)))
            .order_by_desc(run::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        rows.into_iter().map(read).collect()
    }

    /// Deletes at most `limit` runs that ended before `before`, with their metrics and logs, and returns their number.
    /// Their models are kept.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn delete_before(&self, before: DateTime<Utc>, limit: u64) -> Result<u64, StoreError> {
        let ids: Vec<String> = run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .filter(run::Column::EndedAt.lt(before))
            .order_by_asc(run::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(self.database)
            .await?;
        let transaction = begin_writing(self.database).await?;
        run_metric::Entity::delete_many().filter(run_metric::Column::RunId.is_in(&ids)).exec(&transaction).await?;
        training_log::Entity::delete_many().filter(training_log::Column::RunId.is_in(&ids)).exec(&transaction).await?;
        let deleted = run::Entity::delete_many().filter(run::Column::Id.is_in(&ids)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected)
    }

    /// Returns the metrics of a run by name and step.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn metrics(&self, run: &str) -> Result<Vec<RunMetric>, StoreError> {
        let rows = run_metric::Entity::find()
            .filter(run_metric::Column::RunId.eq(run))
            .order_by_asc(run_metric::Column::Key)
            .order_by_asc(run_metric::Column::Step)
            .all(self.database)
            .await?;
        let metric =
            |row: run_metric::Model| RunMetric { key: row.key, step: row.step.unsigned_abs(), value: row.value };
        Ok(rows.into_iter().map(metric).collect())
    }

    /// Returns the log of a run, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn logs(&self, run: &str) -> Result<Vec<RunLog>, StoreError> {
        let rows = training_log::Entity::find()
            .filter(training_log::Column::RunId.eq(run))
            .order_by_asc(training_log::Column::Id)
            .all(self.database)
            .await?;
        Ok(rows.into_iter().map(|row| RunLog { at: row.at, level: row.level, message: row.message }).collect())
    }
}

/// Closes the unfinished runs of a job whose worker died.
///
/// # Errors
/// [`DbErr`] when writing fails.
pub(crate) async fn close_abandoned(
    connection: &impl ConnectionTrait,
    job: &str,
    error: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let close = run::Entity::update_many()
        .filter(run::Column::JobId.eq(job))
        .filter(run::Column::State.eq(RunState::Running.name()))
        .col_expr(run::Column::State, Expr::value(RunState::Failed.name()))
        .col_expr(run::Column::Error, Expr::value(error))
        .col_expr(run::Column::EndedAt, Expr::value(now));
    close.exec(connection).await.map(|_| ())
}
