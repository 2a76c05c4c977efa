//! An alert as it is kept.

use chrono::{DateTime, Utc};
use closecast_domain::Symbol;
use serde::{Deserialize, Serialize};

use crate::entity::alert;

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about, for example `forecast_error`.
    pub kind: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// Symbol, model or machine concerned.
    pub subject: String,
    /// What was seen.
    pub message: String,
    /// What to do.
    pub recommendation: String,
    /// Figure seen.
    pub value: Option<f64>,
    /// Figure that it should have kept to.
    pub threshold: Option<f64>,
}

/// Between a symbol and the model that serves it, in the subject of an alert.
const BY: &str = " by ";

impl Alert {
    /// Returns what an alert about the model `model` of `symbol` is about: the symbol, and the model where another than the symbol's
    /// own is meant.
    #[must_use]
    pub fn subject_of(symbol: &Symbol, model: &str) -> String {
        if model == symbol.as_str() { model.to_owned() } else { format!("{symbol}{BY}{model}") }
    }

    /// Returns the symbol concerned, or whatever else the alert is about.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.subject.split_once(BY).map_or(self.subject.as_str(), |(symbol, _model)| symbol)
    }
}

/// An alert as it was kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredAlert {
    /// Number; later alerts have greater ones.
    pub id: i64,
    /// What it says.
    pub alert: Alert,
    /// When it was first seen.
    pub raised_at: DateTime<Utc>,
    /// When it was over.
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
