//! Restoring a backup.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde::Serialize;
use tokio::sync::mpsc;

use super::{
    content,
    error::BackupError,
    existing::Existing,
    format::{self, Entry, EntryKind, Manifest, MissingArtifact},
    references::referenced,
    tables::{self, Inserted, Table},
};
use crate::{
    Store, StoreError, Topic, checked::CheckedTransaction, jobs::requeue_running_in, transaction::begin_writing,
};

/// Entries read ahead of the one that is being restored.
const CHANNEL_CAPACITY: usize = 1;

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoreSummary {
    /// When the backup was made.
    pub made_at: DateTime<Utc>,
    /// Version of the program that made it.
    pub code_version: String,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// Rows left out, by table, because their symbol is invalid and no query would find them.
    pub skipped: BTreeMap<String, u64>,
    /// Artifacts restored.
    pub artifacts: u64,
    /// Artifacts that were missing already when the backup was made.
    pub missing: Vec<MissingArtifact>,
    /// Jobs that were running when the backup was made. They are queued again.
    pub requeued_jobs: u64,
}

impl Store {
    /// Restores a backup into this installation, which must be empty unless it is to be replaced. The whole file is
    /// verified before anything changes; artifacts are written before the rows that refer to them, and all rows become
    /// visible at once. Artifacts that are unreferenced afterwards are kept.
    ///
    /// # Errors
    /// [`StoreError::Backup`] when the file cannot be restored or the installation is in use, [`StoreError::Row`] when
    /// a row cannot be parsed, [`StoreError::Database`] and [`StoreError::Blob`] when writing fails. No row is changed
    /// then.
    pub async fn restore(
        &self,
        file: &Path,
        existing: Existing,
        now: DateTime<Utc>,
    ) -> Result<RestoreSummary, StoreError> {
        let path = file.to_owned();
        let (header, manifest) = flatten_join(tokio::task::spawn_blocking(move || content::verify(&path)).await)?;
        let transaction = begin_writing(&self.database).await?;
        let restore = Restore { store: self, file, transaction, tables: tables::all().into() };
        restore.prepare_tables(existing).await?;
        let (artifacts, skipped) = restore.content(&manifest).await?;
        restore.check_references(&manifest).await?;
        let requeued_jobs = requeue_running_in(&restore.transaction, now).await?;
        for table in &restore.tables {
            table.advance_sequence(&restore.transaction).await?;
        }
        restore.transaction.commit().await?;
        self.notifier.notify(Topic::Models).await;
        self.notifier.notify(Topic::Jobs).await;
        self.notifier.notify(Topic::Bars).await;
        Ok(RestoreSummary {
            made_at: header.made_at,
            code_version: header.code_version,
            rows: restored_rows(manifest.rows, &skipped),
            skipped,
            artifacts,
            missing: manifest.missing,
            requeued_jobs,
        })
    }
}

/// A restore in progress. Rows change only when its transaction commits.
struct Restore<'a> {
    store: &'a Store,
    file: &'a Path,
    transaction: CheckedTransaction,
    tables: Vec<Box<dyn Table>>,
}

impl Restore<'_> {
    /// Locks out other writers and makes sure that the tables are empty.
    async fn prepare_tables(&self, existing: Existing) -> Result<(), StoreError> {
        if self.transaction.get_database_backend() == DatabaseBackend::Postgres {
            let names: Vec<_> = self.tables.iter().map(|table| table.name()).collect();
            let lock = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.join(", "));
            self.transaction.execute_unprepared(&lock).await?;
        }
        let mut in_use = Vec::new();
        for table in &self.tables {
            match existing {
                Existing::Replace => table.clear(&self.transaction).await?,
                Existing::Keep if table.has_rows(&self.transaction).await? => in_use.push(table.name()),
                Existing::Keep => {}
            }
        }
        if in_use.is_empty() { Ok(()) } else { Err(BackupError::NotEmpty { tables: in_use }.into()) }
    }

    /// Restores artifacts and rows in the order of the file. Returns the number of artifacts and of skipped rows by
    /// table.
    async fn content(&self, manifest: &Manifest) -> Result<(u64, BTreeMap<String, u64>), StoreError> {
        let (sender, mut receiver) = mpsc::channel(CHANNEL_CAPACITY);
        let (path, entries): (PathBuf, Vec<Entry>) = (self.file.to_owned(), manifest.entries.clone());
        let reader = tokio::task::spawn_blocking(move || content::send_entries(&path, &entries, &sender));
        let (mut artifacts, mut rows, mut skipped) = (0, BTreeMap::<_, u64>::new(), BTreeMap::<_, u64>::new());
        while let Some((path, bytes)) = receiver.recv().await {
            match format::entry_kind(&path) {
                Some(EntryKind::Artifact(_)) => {
                    // An artifact is named by its hash, here as in the file.
                    self.store.blobs.put(bytes).await?;
                    artifacts += 1;
                }
                Some(EntryKind::Rows(table)) => {
                    let inserted = self.rows(table, &bytes).await?;
                    *rows.entry(table.to_owned()).or_default() += inserted.rows + inserted.skipped;
                    if inserted.skipped > 0 {
                        *skipped.entry(table.to_owned()).or_default() += inserted.skipped;
                    }
                }
                None => {}
            }
        }
        flatten_join(reader.await)?;
        if manifest.rows.iter().any(|(table, count)| rows.get(table).copied().unwrap_or(0) != *count) {
            return Err(self.damaged("its tables do not have as many rows as its manifest states"));
        }
        Ok((artifacts, skipped))
    }

    async fn rows(&self, table: &str, bytes: &Bytes) -> Result<Inserted, StoreError> {
        let table = self.tables.iter().find(|known| known.name() == table);
        match (table, str::from_utf8(bytes)) {
            (Some(table), Ok(lines)) => table.insert(&self.transaction, lines).await,
            _ => Err(self.damaged("a piece of it is not text, or of an unknown table")),
        }
    }

    /// Checks that the backup contains the artifact of every model version, except those listed as missing.
    async fn check_references(&self, manifest: &Manifest) -> Result<(), StoreError> {
        let entries = manifest.entries.iter().map(|entry| entry.sha256.as_str());
        let known: BTreeSet<&str> = entries.chain(manifest.missing.iter().map(|gap| gap.sha256.as_str())).collect();
        let referenced = referenced(&self.transaction).await?;
        match referenced.iter().find(|(sha256, _)| !known.contains(sha256.as_str())) {
            Some((sha256, artifact)) => {
                Err(self.damaged(&format!("it lacks the artifact {sha256} of {}", artifact.models.join(", "))))
            }
            None => Ok(()),
        }
    }

    fn damaged(&self, reason: &str) -> StoreError {
        BackupError::Damaged { file: self.file.to_owned(), reason: reason.to_owned() }.into()
    }
}

/// Returns the rows of the backup less the skipped ones.
fn restored_rows(mut rows: BTreeMap<String, u64>, skipped: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    for (table, skipped) in skipped {
        rows.entry(table.clone()).and_modify(|rows| *rows = rows.saturating_sub(*skipped));
    }
    rows
}

fn flatten_join<T>(ended: Result<Result<T, BackupError>, tokio::task::JoinError>) -> Result<T, BackupError> {
    ended.map_err(|panic| BackupError::Internal(panic.to_string()))?
}
