//! A run as it is kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{StoreError, entity::run};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It has not ended, or its program was ended from outside.
    Running,
    /// It did what was asked.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It was ended because somebody asked for that.
    Cancelled,
}

impl RunState {
    /// Returns the name of the state, in small letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled].into_iter().find(|state| state.name() == name)
    }
}

/// A run that begins.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// Name of the model, or of what is measured.
    pub name: String,
    /// Symbol, when it is about one.
    pub symbol: Option<String>,
    /// What it is, for example `train`.
    pub kind: String,
    /// What was asked: symbol, lookback, dates, network, optimiser, seed.
    pub parameters: Value,
    /// Version of the program.
    pub code_version: String,
    /// Job it is part of.
    pub job_id: Option<String>,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunEnd {
    /// Final figures by name.
    pub metrics: Value,
    /// Seconds, memory, threads and the like.
    pub system: Value,
    /// What it learned from.
    pub data_fingerprint: Option<String>,
    /// Version it published.
    pub model_version: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Identifier; later runs have greater ones.
    pub id: String,
    /// How it stands.
    pub state: RunState,
    /// What was asked.
    pub asked: NewRun,
    /// What came of it; empty while it runs.
    pub end: RunEnd,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A figure at a step, such as the loss of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct RunMetric {
    /// What it is, for example `validation_loss`.
    pub key: String,
    /// Step, for example the epoch, from 1.
    pub step: u64,
    /// Value.
    pub value: f64,
}

/// A line that a run had to say.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLog {
    /// When.
    pub at: DateTime<Utc>,
    /// `info`, `warn` or `error`.
    pub level: String,
    /// The line.
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
    /// Only those that stand so.
    pub state: Option<RunState>,
}

pub(super) fn read(row: run::Model) -> Result<Run, StoreError> {
    let unreadable = |reason: String| StoreError::Row { table: "runs", key: row.id.clone(), reason };
    let json = |text: &str| serde_json::from_str(text).map_err(|error| unreadable(error.to_string()));
    let state =
        RunState::named(&row.state).ok_or_else(|| unreadable(format!("the state {:?} is not known", row.state)))?;
    let parameters = json(&row.parameters)?;
    let end = RunEnd {
        metrics: json(&row.metrics)?,
        system: json(&row.system)?,
        data_fingerprint: row.data_fingerprint,
        model_version: row.model_version.map(i64::unsigned_abs),
        error: row.error,
    };
    let asked = NewRun {
        name: row.name,
        symbol: row.symbol,
        kind: row.kind,
        parameters,
        code_version: row.code_version,
        job_id: row.job_id,
    };
    Ok(Run { id: row.id, state, asked, end, started_at: row.started_at, ended_at: row.ended_at })
}
