//! An alert as it is told to people and programs.

use chrono::{DateTime, Utc};
use closecast_store::StoredAlert;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that a person should look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertView {
    /// Number; later alerts have greater ones.
    id: i64,
    /// What it is about: a component of the health, such as `error_against_naive`.
    #[schema(example = "error_against_naive")]
    kind: String,
    #[schema(example = "critical")]
    severity: String,
    /// Symbol, model or machine concerned.
    #[schema(example = "AAPL")]
    subject: String,
    message: String,
    recommendation: String,
    /// Figure seen.
    value: Option<f64>,
    /// Figure that it should have kept to.
    threshold: Option<f64>,
    raised_at: DateTime<Utc>,
    /// When it was over; absent while it is not.
    resolved_at: Option<DateTime<Utc>>,
}

impl From<StoredAlert> for AlertView {
    fn from(stored: StoredAlert) -> Self {
        let alert = stored.alert;
        Self {
            id: stored.id,
            kind: alert.kind,
            severity: alert.severity,
            subject: alert.subject,
            message: alert.message,
            recommendation: alert.recommendation,
            value: alert.value,
            threshold: alert.threshold,
            raised_at: stored.raised_at,
            resolved_at: stored.resolved_at,
        }
    }
}
