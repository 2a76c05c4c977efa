//! An alert as it is stored.

use chrono::{DateTime, Utc};
use closecast_domain::Symbol;
use serde::{Deserialize, Serialize};

use crate::entity::alert;

/// A condition that needs an operator's attention.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Kind of condition, for example `forecast_error`.
    pub kind: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// Affected symbol, model or machine.
    pub subject: String,
    /// What was observed.
    pub message: String,
    /// Recommended action.
    pub recommendation: String,
    /// Observed value.
    pub value: Option<f64>,
    /// Limit that the value exceeded.
    pub threshold: Option<f64>,
}

/// Separates symbol and model in the subject of an alert.
const BY: &str = " by ";

impl Alert {
    /// Returns the subject of an alert about `model` of `symbol`: the symbol, followed by the model if it is not the
    /// symbol's own.
    #[must_use]
    pub fn subject_of(symbol: &Symbol, model: &str) -> String {
        if model == symbol.as_str() { model.to_owned() } else { format!("{symbol}{BY}{model}") }
    }

    /// Returns the symbol of the subject, or the whole subject if it names no model.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.subject.split_once(BY).map_or(self.subject.as_str(), |(symbol, _model)| symbol)
    }
}

/// A stored alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredAlert {
    /// Identifier; increases with each alert.
    pub id: i64,
    /// The alert.
    pub alert: Alert,
    /// When the alert was first raised.
    pub raised_at: DateTime<Utc>,
    /// When the alert was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
}

pub(super) fn stored(row: alert::Model) -> StoredAlert {
    StoredAlert {
        id: row.id,
        alert: Alert {
            kind: row.kind,
            severity: row.severity,
            subject: row.subject,
            message: row.message,
            recommendation: row.recommendation,
            value: row.value,
            threshold: row.threshold,
        },
        raised_at: row.raised_at,
        resolved_at: row.resolved_at,
    }
}
