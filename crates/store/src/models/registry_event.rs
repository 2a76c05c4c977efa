//! Roles of versions and changes of roles.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::unreadable;
use crate::{StoreError, entity::registry_event};

/// Role of a version of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alias {
    /// In service.
    Champion,
    /// Published, but not yet shown to be at least as good as the champion.
    Challenger,
}

impl Alias {
    /// Returns the name of the role in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Challenger => "challenger",
        }
    }
}

/// A change of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistryAction {
    /// A version was published.
    Publish,
    /// A version became the champion.
    Promote,
    /// The previous champion became the champion again.
    Rollback,
}

impl RegistryAction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Promote => "promote",
            Self::Rollback => "rollback",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Publish, Self::Promote, Self::Rollback].into_iter().find(|action| action.name() == name)
    }
}

/// An entry of the registry log, which is append-only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegistryEvent {
    /// Identifier; increases with each entry.
    pub id: i64,
    /// Name of the model.
    pub name: String,
    /// What changed.
    pub action: RegistryAction,
    /// Version published, or in service from now on.
    pub version: u64,
    /// Version in service before.
    pub previous: Option<u64>,
    /// Whether it was promoted against the evidence, or without any.
    pub forced: bool,
    /// Evidence for the promotion.
    pub evidence: Option<Value>,
    /// Client that requested it.
    pub actor: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

pub(super) fn event(row: registry_event::Model) -> Result<RegistryEvent, StoreError> {
    let action = RegistryAction::named(&row.action)
        .ok_or_else(|| unreadable(&row.name, format!("the action {:?} is not known", row.action)))?;
    let evidence = row.evidence.as_deref().map(serde_json::from_str).transpose();
    Ok(RegistryEvent {
        evidence: evidence.map_err(|error| unreadable(&row.name, error.to_string()))?,
        id: row.id,
        name: row.name,
        action,
        version: row.version.unsigned_abs(),
        previous: row.previous.map(i64::unsigned_abs),
        forced: row.forced,
        actor: row.actor,
        at: row.at,
    })
}
