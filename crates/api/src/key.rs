//! Keys as they are told to people and programs.

use chrono::{DateTime, Utc};
use closecast_store::StoredKey;
use serde::Serialize;
use utoipa::ToSchema;

/// A key, without what opens the door.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyView {
    /// Identifier.
    pub key_id: String,
    /// What its owner calls it.
    pub name: String,
    /// `viewer`, `operator` or `admin`.
    #[schema(example = "operator")]
    pub role: String,
    pub created_at: DateTime<Utc>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A new key. What opens the door is in this answer and nowhere else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewKey)]
pub struct NewKeyView {
    /// Identifier.
    pub key_id: String,
    /// What opens the door: keep it, it is not shown again.
    pub key: String,
    /// `viewer`, `operator` or `admin`.
    pub role: &'static str,
}

impl From<StoredKey> for KeyView {
    fn from(key: StoredKey) -> Self {
        let StoredKey { id, name, role, created_at, last_used_at, revoked_at } = key;
        Self { key_id: id, name, role, created_at, last_used_at, revoked_at }
    }
}
