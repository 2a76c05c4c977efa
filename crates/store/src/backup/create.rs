//! Creating a backup.

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use serde::Serialize;

use super::{
    archive::ArchiveWriter,
    error::BackupError,
    existing::Existing,
    format::{self, HEADER, Header, MANIFEST, Manifest, MissingArtifact},
    output::Output,
    references::{Referenced, referenced},
    tables,
};
use crate::{BlobError, BlobRef, Store, StoreError, transaction::begin_reading};

/// A table is split after the row that reaches this many bytes.
const PIECE_BYTES: usize = 4 << 20;

/// Contents of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackupSummary {
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// Artifacts copied.
    pub artifacts: u64,
    /// Artifacts that could not be copied because the installation lacks them.
    pub missing: Vec<MissingArtifact>,
    /// Size of the file.
    pub size_bytes: u64,
}

impl Store {
    /// Writes the database and the artifacts to `file` while others read and write. The file appears only when it is
    /// complete, and only its owner can read it, since it contains the hashes of API keys.
    ///
    /// A missing or damaged artifact does not fail the backup; the summary names it.
    ///
    /// # Errors
    /// [`StoreError::Backup`] when the file exists and is to be kept, or cannot be written; [`StoreError::Database`]
    /// and [`StoreError::Blob`] when reading fails.
    pub async fn backup(
        &self,
        file: &Path,
        existing: Existing,
        now: DateTime<Utc>,
    ) -> Result<BackupSummary, StoreError> {
        let (output, unfinished) = Output::create(file, existing, now)?;
        let unwritable = |source| BackupError::Write { file: file.to_owned(), source };
        let mut writer = ArchiveWriter::start(unfinished, now);
        writer.add_json(HEADER, &Header::new(now)).await.map_err(unwritable)?;
        let snapshot = begin_reading(&self.database).await?;
        let mut backup = BackupWriter { store: self, snapshot, writer, file };
        let missing = backup.artifacts().await?;
        let artifacts = backup.writer.entries().len() as u64 - 1;
        let mut rows = BTreeMap::new();
        for table in tables::all() {
            rows.insert(table.name().to_owned(), backup.rows(&*table).await?);
        }
        let BackupWriter { snapshot, mut writer, .. } = backup;
        snapshot.rollback().await?;
        let manifest = Manifest { rows, missing, entries: writer.entries().to_vec() };
        writer.add_json(MANIFEST, &manifest).await.map_err(unwritable)?;
        let written = writer.finish().await.map_err(unwritable)?;
        let size_bytes = output.finish(written)?;
        Ok(BackupSummary { rows: manifest.rows, artifacts, missing: manifest.missing, size_bytes })
    }
}

/// A backup in progress.
struct BackupWriter<'a> {
    store: &'a Store,
    snapshot: DatabaseTransaction,
    writer: ArchiveWriter,
    file: &'a Path,
}

impl BackupWriter<'_> {
    /// Copies every artifact that a version refers to and returns those that are missing or damaged.
    async fn artifacts(&mut self) -> Result<Vec<MissingArtifact>, StoreError> {
        let mut missing = Vec::new();
        for (sha256, Referenced { models, size_bytes }) in referenced(&self.snapshot).await? {
            let blob = BlobRef { sha256, size_bytes };
            match self.store.blobs.get_for_backup(&blob).await {
                Ok(bytes) => self.add(format::artifact_path(&blob.sha256), bytes).await?,
                Err(
                    error @ (StoreError::BlobMissing { .. }
                    | StoreError::BlobDamaged { .. }
                    | StoreError::BlobSize { .. }
                    | StoreError::Blob(BlobError::NotAFile { .. })),
                ) => {
                    missing.push(MissingArtifact { sha256: blob.sha256, models, reason: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(missing)
    }

    /// Copies a table page by page and returns its number of rows.
    async fn rows(&mut self, table: &dyn tables::Table) -> Result<u64, StoreError> {
        let (mut rows, mut pieces, mut after, mut piece) = (0, 0, None, Vec::new());
        loop {
            let page = table.page(&self.snapshot, after, &mut piece).await?;
            rows += page.rows;
            after = page.last;
            let is_last = after.is_none();
            while piece.len() >= PIECE_BYTES || (is_last && !piece.is_empty()) {
                let rest = piece.split_off(end_of_piece(&piece));
                let whole = std::mem::replace(&mut piece, rest);
                self.add(format::piece_path(table.name(), pieces), whole.into()).await?;
                pieces += 1;
            }
            if is_last {
                return Ok(rows);
            }
        }
    }

    async fn add(&mut self, path: String, bytes: bytes::Bytes) -> Result<(), StoreError> {
        let unwritable = |source| BackupError::Write { file: self.file.to_owned(), source };
        Ok(self.writer.add(path, bytes).await.map_err(unwritable)?)
    }
}

/// Returns the end of the row that reaches the piece size.
fn end_of_piece(lines: &[u8]) -> usize {
    let reached = PIECE_BYTES.min(lines.len()) - 1;
    lines[reached..].iter().position(|&byte| byte == b'\n').map_or(lines.len(), |more| reached + more + 1)
}
