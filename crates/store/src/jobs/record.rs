//! A job as it is stored.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{StoreError, entity::job};

/// State of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for a worker.
    Queued,
    /// A worker runs it.
    Running,
    /// It ended successfully.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// Returns the name of the state in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the state with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Returns whether the state is final.
    #[must_use]
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A job to add to the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Kind of job, for example `train_model`.
    pub kind: String,
    /// Arguments.
    pub payload: Value,
    /// Deduplication key: no second job is added while one with the same key is unfinished.
    pub dedup_key: Option<String>,
    /// Jobs with a higher priority run first.
    pub priority: i32,
    /// Maximum number of attempts, the first one included.
    pub max_attempts: u32,
    /// Client that requested it.
    pub requested_by: Option<String>,
}

/// Result of adding a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Enqueued {
    /// The job.
    pub job: Job,
    /// Whether the job was already queued or running under the same deduplication key.
    pub already_there: bool,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Identifier; increases with each job.
    pub id: String,
    /// Kind of job.
    pub kind: String,
    /// Arguments.
    pub payload: Value,
    /// State.
    pub state: JobState,
    /// Jobs with a higher priority run first.
    pub priority: i64,
    /// Number of attempts started.
    pub attempt: u64,
    /// Maximum number of attempts.
    pub max_attempts: u64,
    /// Earliest start.
    pub run_at: DateTime<Utc>,
    /// Worker that runs or ran it.
    pub worker: Option<String>,
    /// Last progress reported by the worker.
    pub progress: Option<Value>,
    /// Whether cancellation was requested.
    pub cancel_requested: bool,
    /// Result.
    pub result: Option<Value>,
    /// Why it failed, or why it is retried.
    pub error: Option<String>,
    /// Client that requested it.
    pub requested_by: Option<String>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When its first attempt started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only jobs in this state.
    pub state: Option<JobState>,
    /// Only jobs of this kind.
    pub kind: Option<String>,
}

impl JobFilter {
    pub(super) fn select(&self) -> sea_orm::Select<job::Entity> {
        job::Entity::find()
            .apply_if(self.state, |select, state| select.filter(job::Column::State.eq(state.name())))
            .apply_if(self.kind.as_ref(), |select, kind| select.filter(job::Column::Kind.eq(kind)))
    }
}

pub(crate) fn job(row: job::Model) -> Result<Job, StoreError> {
    let unreadable = |reason: String| StoreError::Row { table: "jobs", key: row.id.clone(), reason };
    let json = |text: &str| serde_json::from_str(text).map_err(|error| unreadable(error.to_string()));
    let state =
        JobState::named(&row.state).ok_or_else(|| unreadable(format!("the state {:?} is not known", row.state)))?;
    Ok(Job {
        payload: json(&row.payload)?,
        progress: row.progress.as_deref().map(json).transpose()?,
        result: row.result.as_deref().map(json).transpose()?,
        state,
        id: row.id,
        kind: row.kind,
        priority: row.priority,
        attempt: row.attempt.unsigned_abs(),
        max_attempts: row.max_attempts.unsigned_abs(),
        run_at: row.run_at,
        worker: row.worker,
        cancel_requested: row.cancel_requested,
        error: row.error,
        requested_by: row.requested_by,
        created_at: row.created_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
    })
}
