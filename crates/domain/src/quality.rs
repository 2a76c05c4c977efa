//! Findings of the quality checks.
//!
//! The checks, one per file, are run in order by [`History::check`](crate::History::check).

pub(crate) mod adj_closes;
mod defect_kind;
pub(crate) mod duplicates;
pub(crate) mod events;
pub(crate) mod findings;
pub(crate) mod gaps;
pub(crate) mod misplaced_decimal;
pub(crate) mod order;
pub(crate) mod price_fields;
pub(crate) mod ranges;
pub(crate) mod raw_rows;
pub(crate) mod row;
pub(crate) mod split_jump;
pub(crate) mod stale;
pub(crate) mod volumes;

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use defect_kind::DefectKind;

/// Severity of a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Handled without loss.
    Info,
    /// Handled, possibly with loss of information.
    Warning,
    /// The series should be reviewed before training on it.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    /// What is wrong.
    pub kind: DefectKind,
    /// How much it matters.
    pub severity: Severity,
    /// First affected session.
    pub date: NaiveDate,
    /// Last affected session, equal to `date` for a single one.
    pub end_date: NaiveDate,
    /// Evidence.
    pub detail: String,
    /// Action taken.
    pub action: String,
}

/// All findings of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// Rows delivered.
    pub rows_delivered: usize,
    /// Rows of the resulting history.
    pub rows_kept: usize,
    /// Findings in order of date.
    pub defects: Vec<Defect>,
    /// 0 (unusable) to 100 (no findings).
    pub score: f64,
}

impl QualityReport {
    /// Returns the number of findings of `severity`.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.defects.iter().filter(|defect| defect.severity == severity).count()
    }

    /// Returns whether there is a finding of [`Severity::Error`].
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}
