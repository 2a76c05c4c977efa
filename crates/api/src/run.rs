//! A run as it is told to people and programs.

use chrono::{DateTime, Utc};
use closecast_store::{Run, RunLog, RunMetric, RunState};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub struct RunView {
    pub run_id: String,
    pub name: String,
    pub symbol: Option<String>,
    pub kind: String,
    /// `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(value_type = String, example = "succeeded")]
    pub status: RunState,
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// Final figures beside naive's, and the verdict; none while it runs.
    #[schema(value_type = Option<Object>)]
    pub metrics: Value,
    /// Seconds, processor time, memory, threads.
    #[schema(value_type = Option<Object>)]
    pub system: Value,
    pub data_fingerprint: Option<String>,
    pub code_version: String,
    pub model_version: Option<u64>,
    pub job_id: Option<String>,
    pub error: Option<String>,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// A figure at a step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunStep)]
pub struct StepView {
    pub key: String,
    pub step: u64,
    pub value: f64,
}

/// A line of a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunLine)]
pub struct LineView {
    pub at: DateTime<Utc>,
    pub level: String,
    pub message: String,
}

/// A run with the figures of its epochs and its lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholeRun)]
pub struct WholeRunView {
    #[serde(flatten)]
    pub run: RunView,
    pub steps: Vec<StepView>,
    pub log: Vec<LineView>,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            run_id: run.id,
            name: run.spec.name,
            symbol: run.spec.symbol,
            kind: run.spec.kind,
            status: run.state,
            parameters: run.spec.parameters,
            metrics: run.outcome.metrics,
            system: run.outcome.system,
            data_fingerprint: run.outcome.data_fingerprint,
            code_version: run.spec.code_version,
            model_version: run.outcome.model_version,
            job_id: run.spec.job_id,
            error: run.outcome.error,
            started_at: run.started_at,
            ended_at: run.ended_at,
        }
    }
}

impl From<RunMetric> for StepView {
    fn from(metric: RunMetric) -> Self {
        Self { key: metric.key, step: metric.step, value: metric.value }
    }
}

impl From<RunLog> for LineView {
    fn from(line: RunLog) -> Self {
        Self { at: line.at, level: line.level, message: line.message }
    }
}
