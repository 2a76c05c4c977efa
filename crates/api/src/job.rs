//! A job as it is told to people and programs.

use chrono::{DateTime, Utc};
use closecast_store::{Enqueued, Job, JobState};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobView {
    /// Identifier.
    pub job_id: String,
    /// What is done.
    #[schema(example = "train_model")]
    pub kind: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(value_type = String, example = "running")]
    pub status: JobState,
    /// What was asked.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// How far it is.
    #[schema(value_type = Option<Object>)]
    pub progress: Option<Value>,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    pub result: Option<Value>,
    pub error: Option<String>,
    /// How often it was begun, and how often it may be.
    pub attempt: u64,
    pub max_attempts: u64,
    /// Somebody asked for its end, and its worker has not heard of it yet.
    pub cancel_requested: bool,
    pub worker: Option<String>,
    pub requested_by: Option<String>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            job_id: job.id,
            kind: job.kind,
            status: job.state,
            payload: job.payload,
            progress: job.progress,
            result: job.result,
            error: job.error,
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            cancel_requested: job.cancel_requested,
            worker: job.worker,
            requested_by: job.requested_by,
            created_at: job.created_at,
            started_at: job.started_at,
            ended_at: job.ended_at,
        }
    }
}

/// A job that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accepted)]
pub struct AcceptedView {
    /// Identifier of the job.
    pub job_id: String,
    /// `queued`, or `running` when it was asked for before.
    #[schema(example = "queued")]
    pub status: &'static str,
    /// Whether the same work was asked for before and has not ended.
    pub already_there: bool,
    /// Where to ask how it stands.
    pub url: String,
}

impl From<Enqueued> for AcceptedView {
    fn from(Enqueued { job, already_there }: Enqueued) -> Self {
        Self { url: format!("/api/jobs/{}", job.id), status: job.state.name(), already_there, job_id: job.id }
    }
}

/// Returns a progress in a few words, such as `epoch 3 of 50` or `12 of 40`.
pub fn progress_in_words(progress: &Value) -> String {
    let number = |key: &str| progress[key].as_u64().unwrap_or(0);
    match progress["stage"].as_str() {
        Some("training") => {
            let loss = progress["validation_loss"].as_f64().map(|loss| format!(", validation loss {loss:.4}"));
            format!("epoch {} of {}{}", number("epoch"), number("epochs"), loss.unwrap_or_default())
        }
        Some("steps") => format!("{} of {}", number("done"), number("all")),
        _ => String::new(),
    }
}
