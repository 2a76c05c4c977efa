//! Unreferenced artifacts and files of interrupted writes.

use std::{collections::HashSet, fs, io};

use chrono::{DateTime, TimeDelta, Utc};
use object_store::{ObjectStore, ObjectStoreExt, path::Path as BlobPath};

use super::{
    backend::Backend,
    error::BlobError,
    listing::Entries,
    store::{Blobs, GRACE_PERIOD},
};
use crate::StoreError;

/// Tolerance when timestamps are compared: a listing has milliseconds, an HTTP response has seconds.
const TIMESTAMP_TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// An unreferenced artifact or an unfinished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Garbage {
    /// Path relative to the storage, with `/`.
    pub path: String,
    /// Number of bytes.
    pub size_bytes: u64,
    /// When it was last written.
    pub stored_at: DateTime<Utc>,
    /// Whether it is the file of an interrupted write and not an artifact.
    pub is_unfinished: bool,
}

impl Blobs {
    /// Returns artifacts that are not in `referenced`, and unfinished files, both last written more than an hour before
    /// `read_at`, when reading `referenced` began. A publication thus has half an hour from its artifact to its row.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the storage cannot be read.
    pub async fn unreferenced(
        &self,
        referenced: &HashSet<String>,
        read_at: DateTime<Utc>,
    ) -> Result<Vec<Garbage>, StoreError> {
        let mut garbage = Vec::new();
        let mut entries = Entries::new(&self.backend);
        while let Some(page) = entries.next_page().await? {
            let unneeded = page.into_iter().filter(|entry| {
                entry.stored_at < read_at - GRACE_PERIOD
                    && !entry.sha256.as_ref().is_some_and(|hash| referenced.contains(hash))
            });
            garbage.extend(unneeded.map(|entry| Garbage {
                is_unfinished: entry.sha256.is_none(),
                path: entry.path,
                size_bytes: entry.size_bytes,
                stored_at: entry.stored_at,
            }));
        }
        Ok(garbage)
    }

    /// Deletes `garbage` and returns what was deleted. Entries that were written again in the meantime are kept.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when something cannot be deleted; the rest is then kept.
    pub async fn remove(&self, garbage: Vec<Garbage>) -> Result<Vec<Garbage>, StoreError> {
        let mut removed = Vec::with_capacity(garbage.len());
        for entry in garbage {
            let is_removed = match &self.backend {
                Backend::Folder(root) => remove_file(root.join(&entry.path), entry.stored_at).await?,
                Backend::Bucket { client, prefix, .. } => {
                    let path = BlobPath::from_iter(prefix.parts().chain(BlobPath::from(entry.path.as_str()).parts()));
                    let removal = remove_object(client, &path, entry.stored_at).await;
                    removal.map_err(|error| self.backend.to_error(&error))?
                }
            };
            if is_removed {
                removed.push(entry);
            }
        }
        Ok(removed)
    }
}

async fn remove_file(path: std::path::PathBuf, stored_at: DateTime<Utc>) -> Result<bool, BlobError> {
    let shown = path.clone();
    let removal = tokio::task::spawn_blocking(move || {
        let modified: DateTime<Utc> = fs::metadata(&path)?.modified()?.into();
        let is_same = modified == stored_at;
        if is_same {
            fs::remove_file(&path)?;
        }
        Ok(is_same)
    });
    match removal.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
        // Another repair removed it concurrently.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other.map_err(|source| BlobError::Folder { path: shown, source }),
    }
}

async fn remove_object(
    client: &impl ObjectStore,
    path: &BlobPath,
    stored_at: DateTime<Utc>,
) -> object_store::Result<bool> {
    let found = match client.head(path).await {
        Err(object_store::Error::NotFound { .. }) => return Ok(false),
        other => other?,
    };
    let is_same = (found.last_modified - stored_at).abs() <= TIMESTAMP_TOLERANCE;
    if is_same {
        client.delete(path).await?;
    }
    Ok(is_same)
}
