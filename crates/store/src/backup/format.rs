//! Names of the entries of a backup, and its header and manifest.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm_migration::MigratorTrait;
use serde::{Deserialize, Serialize};

use crate::migration::Migrator;

/// First entry: the header.
pub(super) const HEADER: &str = "closecast-backup.json";

/// Last entry: the manifest.
pub(super) const MANIFEST: &str = "manifest.json";

/// Backup format that this program writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;

/// Identifies a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    /// Version of the program that made it.
    pub(super) code_version: String,
    /// Name of the last migration of the source database. Names increase with time.
    pub(super) schema: String,
    pub(super) made_at: DateTime<Utc>,
}

impl Header {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        let code_version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, code_version, schema: schema(), made_at: now }
    }
}

/// Returns the name of this program's last migration.
pub(super) fn schema() -> String {
    Migrator::migrations().last().map(|migration| migration.name().to_owned()).unwrap_or_default()
}

/// Expected contents of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Rows by table.
    pub(super) rows: BTreeMap<String, u64>,
    pub(super) missing: Vec<MissingArtifact>,
    /// Every entry before the manifest, in order.
    pub(super) entries: Vec<Entry>,
}

/// An entry of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) size_bytes: u64,
    pub(super) sha256: String,
}

/// An artifact that was missing or damaged when the backup was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingArtifact {
    /// Its hash.
    pub sha256: String,
    /// Model versions that need it.
    pub models: Vec<String>,
    /// Why it is missing.
    pub reason: String,
}

/// What an entry between header and manifest contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind<'a> {
    /// The artifact with this hash.
    Artifact(&'a str),
    /// Rows of this table.
    Rows(&'a str),
}

pub(super) fn artifact_path(sha256: &str) -> String {
    format!("artifacts/{sha256}")
}

pub(super) fn piece_path(table: &str, number: u64) -> String {
    format!("tables/{table}/{number:06}.jsonl")
}

/// Returns what the entry at `path` contains.
pub(super) fn entry_kind(path: &str) -> Option<EntryKind<'_>> {
    if let Some(sha256) = path.strip_prefix("artifacts/") {
        return Some(EntryKind::Artifact(sha256));
    }
    let (table, _number) = path.strip_prefix("tables/")?.strip_suffix(".jsonl")?.split_once('/')?;
    Some(EntryKind::Rows(table))
}
