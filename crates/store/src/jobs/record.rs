//! A job as it is told to the rest of the program.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{StoreError, entity::job};

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// It ended and did what was asked.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It was ended because somebody asked for that.
    Cancelled,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// Returns the name of the state, in small letters.
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

    /// Returns the state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Returns whether nothing more will happen to the job.
    #[must_use]
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A job to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// What is to be done, for example `train_model`.
    pub kind: String,
    /// With what.
    pub payload: Value,
    /// Jobs of one key are the same work: while one is unfinished, no other is added.
    pub dedup_key: Option<String>,
    /// Higher is sooner.
    pub priority: i32,
    /// How often it may be begun, the first time included.
    pub max_attempts: u32,
    /// Who asked for it.
    pub requested_by: Option<String>,
}

/// What came of asking for a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Enqueued {
    /// The job.
    pub job: Job,
    /// Whether it was already there, unfinished, under the same deduplication key.
    pub already_there: bool,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Identifier; later jobs have greater ones.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// With what.
    pub payload: Value,
    /// How far it is.
    pub state: JobState,
    /// Higher is sooner.
    pub priority: i64,
    /// How often it was begun.
    pub attempt: u64,
    /// How often it may be begun.
    pub max_attempts: u64,
    /// Not before.
    pub run_at: DateTime<Utc>,
    /// Worker that has or had it.
    pub worker: Option<String>,
    /// What its worker last said of it.
    pub progress: Option<Value>,
    /// Whether somebody asked for its end.
    pub cancel_requested: bool,
    /// What came of it.
    pub result: Option<Value>,
    /// Why it failed, or why it is to be tried again.
    pub error: Option<String>,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was first begun.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only those of this state.
    pub state: Option<JobState>,
    /// Only those of this kind.
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
