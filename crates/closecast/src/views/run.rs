//! A run as it is told to people and programs.

use chrono::{DateTime, Utc};
use closecast_store::{Run, RunLog, RunMetric, RunState};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub(crate) struct RunView {
    pub(crate) run_id: String,
    pub(crate) name: String,
    pub(crate) symbol: Option<String>,
    pub(crate) kind: String,
    /// `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(value_type = String, example = "succeeded")]
    pub(crate) status: RunState,
    #[schema(value_type = Object)]
    pub(crate) parameters: Value,
    /// Final figures beside naive's, and the verdict; none while it runs.
    #[schema(value_type = Option<Object>)]
    pub(crate) metrics: Value,
    /// Seconds, processor time, memory, threads.
    #[schema(value_type = Option<Object>)]
    pub(crate) system: Value,
    pub(crate) data_fingerprint: Option<String>,
    pub(crate) code_version: String,
    pub(crate) model_version: Option<u64>,
    pub(crate) job_id: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// A figure at a step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunStep)]
pub(crate) struct StepView {
    pub(crate) key: String,
    pub(crate) step: u64,
    pub(crate) value: f64,
}

/// A line of a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunLine)]
pub(crate) struct LineView {
    pub(crate) at: DateTime<Utc>,
    pub(crate) level: String,
    pub(crate) message: String,
}

/// A run with the figures of its epochs and its lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholeRun)]
pub(crate) struct WholeRunView {
    #[serde(flatten)]
    pub(crate) run: RunView,
    pub(crate) steps: Vec<StepView>,
    pub(crate) log: Vec<LineView>,
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
