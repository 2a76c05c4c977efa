//! A run as it is stored.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{StoreError, entity::run};

/// State of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It is running, or its program was killed.
    Running,
    /// It ended successfully.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl RunState {
    /// Returns the name of the state in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the state with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled].into_iter().find(|state| state.name() == name)
    }
}

/// Description of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// Name of the model, or of what is evaluated.
    pub name: String,
    /// Its symbol, if there is one.
    pub symbol: Option<String>,
    /// Kind of run, for example `train`.
    pub kind: String,
    /// Parameters: symbol, lookback, dates, network, optimiser, seed.
    pub parameters: Value,
    /// Version of the program.
    pub code_version: String,
    /// Job that it belongs to.
    pub job_id: Option<String>,
}

/// Outcome of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunOutcome {
    /// Final metrics by name.
    pub metrics: Value,
    /// Resources used: seconds, memory, threads.
    pub system: Value,
    /// Fingerprint of the training data.
    pub data_fingerprint: Option<String>,
    /// Version that it published.
    pub model_version: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Identifier; increases with each run.
    pub id: String,
    /// Its state.
    pub state: RunState,
    /// Its description.
    pub spec: NewRun,
    /// Its outcome; empty while it is running.
    pub outcome: RunOutcome,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A metric at one step, such as the loss of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct RunMetric {
    /// Name of the metric, for example `validation_loss`.
    pub key: String,
    /// Step, for example the epoch, from 1.
    pub step: u64,
    /// Value.
    pub value: f64,
}

/// A log line of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLog {
    /// Timestamp.
    pub at: DateTime<Utc>,
    /// `info`, `warn` or `error`.
    pub level: String,
    /// Text.
    pub message: String,
}

/// Which runs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only those of this name.
    pub name: Option<String>,
    /// Only those about this symbol.
    pub symbol: Option<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only runs in this state.
    pub state: Option<RunState>,
}

pub(super) fn read(row: run::Model) -> Result<Run, StoreError> {
    let unreadable = |reason: String| StoreError::Row { table: "runs", key: row.id.clone(), reason };
    let json = |text: &str| serde_json::from_str(text).map_err(|error| unreadable(error.to_string()));
    let state =
        RunState::named(&row.state).ok_or_else(|| unreadable(format!("the state {:?} is not known", row.state)))?;
    let parameters = json(&row.parameters)?;
    let outcome = RunOutcome {
        metrics: json(&row.metrics)?,
        system: json(&row.system)?,
        data_fingerprint: row.data_fingerprint,
        model_version: row.model_version.map(i64::unsigned_abs),
        error: row.error,
    };
    let spec = NewRun {
        name: row.name,
        symbol: row.symbol,
        kind: row.kind,
        parameters,
        code_version: row.code_version,
        job_id: row.job_id,
    };
    Ok(Run { id: row.id, state, spec, outcome, started_at: row.started_at, ended_at: row.ended_at })
}
