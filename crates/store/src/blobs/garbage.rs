//! Artifacts that nothing refers to, and what writes that were cut short left behind.

use std::{collections::HashSet, fs, io};

use chrono::{DateTime, TimeDelta, Utc};
use object_store::{ObjectStore, ObjectStoreExt, path::Path as BlobPath};

use super::{
    error::BlobError,
    listing::Entries,
    place::Place,
    store::{Blobs, GRACE},
};
use crate::StoreError;

/// How exactly two readings of a time agree: a listing has milliseconds, an answer of HTTP has seconds.
const RESOLUTION: TimeDelta = TimeDelta::seconds(1);

/// Something among the artifacts that serves nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Garbage {
    /// Path below the place of the artifacts, with `/`.
    pub path: String,
    /// Number of bytes.
    pub size_bytes: u64,
    /// When it was last written.
    pub stored_at: DateTime<Utc>,
    /// Whether it is a file whose writing was cut short, and no artifact.
    pub is_unfinished: bool,
}

impl Blobs {
    /// Returns what no one needs: artifacts not in `referenced`, and unfinished files, both last written more than an hour
    /// before `read_at`, the moment at which reading `referenced` began. So a publication may take half an hour from its
    /// artifact to its row before it is in danger.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the place cannot be read.
    pub async fn unreferenced(
        &self,
        referenced: &HashSet<String>,
        read_at: DateTime<Utc>,
    ) -> Result<Vec<Garbage>, StoreError> {
        let mut garbage = Vec::new();
        let mut entries = Entries::new(&self.place);
        while let Some(page) = entries.next_page().await? {
            let unneeded = page.into_iter().filter(|entry| {
                entry.stored_at < read_at - GRACE
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

    /// Removes `garbage`, and returns what was removed. What was written again since it was found stays.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when something cannot be removed; the rest is then left.
    pub async fn remove(&self, garbage: Vec<Garbage>) -> Result<Vec<Garbage>, StoreError> {
        let mut removed = Vec::with_capacity(garbage.len());
        for one in garbage {
            let is_removed = match &self.place {
                Place::Folder(root) => remove_file(root.join(&one.path), one.stored_at).await?,
                Place::Bucket { client, prefix, .. } => {
                    let path = BlobPath::from_iter(prefix.parts().chain(BlobPath::from(one.path.as_str()).parts()));
                    let removal = remove_object(client, &path, one.stored_at).await;
                    removal.map_err(|error| self.place.failure(&error))?
                }
            };
            if is_removed {
                removed.push(one);
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
        // Another repair was faster.
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
    let is_same = (found.last_modified - stored_at).abs() <= RESOLUTION;
    if is_same {
        client.delete(path).await?;
    }
    Ok(is_same)
}
