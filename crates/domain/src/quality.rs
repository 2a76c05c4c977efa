//! What is wrong with a delivered series, said defect by defect.
//!
//! The detectors, one a file, are called in order by [`History::check`](crate::History::check).

pub(crate) mod adj_closes;
mod defect_kind;
pub(crate) mod delivered;
pub(crate) mod duplicates;
pub(crate) mod events;
pub(crate) mod findings;
pub(crate) mod gaps;
pub(crate) mod misplaced_decimal;
pub(crate) mod order;
pub(crate) mod price_fields;
pub(crate) mod ranges;
pub(crate) mod row;
pub(crate) mod split_jump;
pub(crate) mod stale;
pub(crate) mod volumes;

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use defect_kind::DefectKind;

/// How much a defect matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; handled without loss.
    Info,
    /// Handled, but it may have cost information.
    Warning,
    /// The series should not be trained on before a person has looked.
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
    /// First session concerned.
    pub date: NaiveDate,
    /// Last session concerned, the same as `date` for a single one.
    pub end_date: NaiveDate,
    /// Figures that show it.
    pub detail: String,
    /// What was done about it.
    pub action: String,
}

/// Everything found in one series, and what is left of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// Rows delivered.
    pub rows_delivered: usize,
    /// Rows of the checked history.
    pub rows_kept: usize,
    /// Findings in order of date.
    pub defects: Vec<Defect>,
    /// 0 (unusable) to 100 (nothing found).
    pub score: f64,
}

impl QualityReport {
    /// Returns how many findings are of `severity`.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.defects.iter().filter(|defect| defect.severity == severity).count()
    }

    /// Returns whether a finding of [`Severity::Error`] is left.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}
