//! A version of a model as it is stored.

use chrono::{DateTime, Utc};
use closecast_domain::Card;

use crate::{StoreError, entity::model_version};

/// A published version of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelVersion {
    /// Name, for example `AAPL`.
    pub name: String,
    /// Number, from 1; increases with each publication.
    pub version: u64,
    /// SHA-256 of the artifact.
    pub sha256: String,
    /// Size of the artifact.
    pub size_bytes: u64,
    /// Its card.
    pub card: Card,
    /// When it was published.
    pub created_at: DateTime<Utc>,
    /// Run that trained it.
    pub run_id: Option<String>,
}

pub(super) fn model_version(row: model_version::Model) -> Result<ModelVersion, StoreError> {
    let card = serde_json::from_str(&row.card).map_err(|error| unreadable(&row.name, error.to_string()))?;
    Ok(ModelVersion {
        name: row.name,
        version: row.version.unsigned_abs(),
        sha256: row.sha256,
        size_bytes: row.size_bytes.unsigned_abs(),
        card,
        created_at: row.created_at,
        run_id: row.run_id,
    })
}

pub(super) fn unreadable(name: &str, reason: String) -> StoreError {
    StoreError::Row { table: "model_versions", key: name.to_owned(), reason }
}
