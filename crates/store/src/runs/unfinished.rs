//! Unfinished runs, including those of killed programs.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::Value;

use super::{record::RunState, store::RunStore};
use crate::{
    JobState, StoreError,
    entity::{job, run},
};

/// An unfinished run.
#[derive(Clone, Debug, PartialEq)]
pub struct UnfinishedRun {
    /// Identifier; increases with each run.
    pub id: String,
    /// Name of the model, or of what is evaluated.
    pub name: String,
    /// Kind of run, for example `train`.
    pub kind: String,
    /// Job that it belongs to.
    pub job_id: Option<String>,
    /// State of that job; `None` if the job does not exist.
    pub job_state: Option<JobState>,
    /// Identity of its program; `null` if unknown.
    pub owner: Value,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

impl RunStore<'_> {
    /// Returns the unfinished runs, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn unfinished(&self) -> Result<Vec<UnfinishedRun>, StoreError> {
        let rows = run::Entity::find()
            .filter(run::Column::State.eq(RunState::Running.name()))
            .order_by_asc(run::Column::Id)
            .all(self.database)
            .await?;
        let mut unfinished = Vec::with_capacity(rows.len());
        for row in rows {
            let job = match &row.job_id {
                Some(id) => job::Entity::find_by_id(id).one(self.database).await?,
                None => None,
            };
            unfinished.push(UnfinishedRun {
                id: row.id,
                name: row.name,
                kind: row.kind,
                job_state: job.and_then(|job| JobState::named(&job.state)),
                job_id: row.job_id,
                owner: serde_json::from_str(&row.system).unwrap_or_default(),
                started_at: row.started_at,
            });
        }
        Ok(unfinished)
    }

    /// Closes an unfinished run as failed with `error`. Returns whether it was unfinished.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn close(&self, run: &str, error: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let closed = run::Entity::update_many()
            .filter(run::Column::Id.eq(run))
            .filter(run::Column::State.eq(RunState::Running.name()))
            .col_expr(run::Column::State, Expr::value(RunState::Failed.name()))
            .col_expr(run::Column::Error, Expr::value(error))
            .col_expr(run::Column::EndedAt, Expr::value(now))
            .exec(self.database)
            .await?;
        Ok(closed.rows_affected == 1)
    }
}
