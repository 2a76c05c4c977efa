//! Access to the artifacts.

use std::{fmt, path::Path, sync::Arc};

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, TimeDelta, Utc};
use closecast_domain::{Clock, SystemClock};
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload,
    list::{PaginatedListOptions, PaginatedListStore},
    local::LocalFileSystem,
    path::Path as BlobPath,
};

use super::{
    backend::Backend,
    blob::{BlobRef, StoredBlob},
    bucket,
    error::BlobError,
    listing::{BlobPages, Entries},
    read::read_and_hash,
    s3_error::{is_missing_bucket, system_error},
    settings::{ArtifactAddress, ArtifactSettings},
    sha256::{is_sha256, sha256_hex},
};
use crate::{StoreError, private};

/// Default maximum size of an artifact. The largest network has 128 MiB of weights, and an ensemble several of them.
pub const MAX_ARTIFACT_BYTES: u64 = 1 << 30;

/// Minimum age of garbage: a publication writes the artifact before the row that refers to it.
pub(super) const GRACE_PERIOD: TimeDelta = TimeDelta::hours(1);

/// Content-addressed storage of artifacts, verified at every read.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    pub(super) backend: Backend,
    /// Larger artifacts are not read.
    max_bytes: u64,
}

impl Blobs {
    /// Opens the storage of `settings`. A missing folder is created; no request is sent to a server.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the folder cannot be created, or a setting of the server is missing or invalid.
    pub fn open(settings: &ArtifactSettings) -> Result<Self, StoreError> {
        match &settings.address {
            ArtifactAddress::Local(folder) => {
                let unusable = |source| BlobError::Folder { path: folder.clone(), source };
                private::create_folder(folder).map_err(unusable)?;
                // fsync: a published model keeps its weights after a power failure.
                let local = LocalFileSystem::new_with_prefix(folder).map_err(|error| unusable(system_error(&error)))?;
                let (store, backend) = (Arc::new(local.with_fsync(true)), Backend::Folder(folder.clone()));
                Ok(Self { store, backend, max_bytes: MAX_ARTIFACT_BYTES })
            }
            ArtifactAddress::S3 { bucket, prefix } => {
                let (client, endpoint) = bucket::client(bucket, &settings.s3)?;
                let (name, prefix) = (bucket.clone(), BlobPath::from(prefix.as_str()));
                let backend = Backend::Bucket { client: client.clone(), name, prefix, endpoint };
                Ok(Self { store: Arc::new(client), backend, max_bytes: MAX_ARTIFACT_BYTES })
            }
        }
    }

    /// Opens a local folder, which is created if it is missing.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the folder cannot be made.
    pub fn local(folder: &Path) -> Result<Self, StoreError> {
        Self::open(&ArtifactSettings::local(folder))
    }

    /// Sets the maximum size of artifacts that [`Blobs::get`] and [`Blobs::get_sized`] read. [`Blobs::put`], backups
    /// and restores are limited by [`MAX_ARTIFACT_BYTES`] only.
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    /// Checks that the storage is available: the server responds, accepts the keys and has the bucket, or the folder
    /// exists.
    ///
    /// # Errors
    /// [`StoreError::Blob`] names the setting to change.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Folder(path) => {
                let found = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || std::fs::read_dir(path).map(drop)
                });
                let found = found.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                found.map_err(|source| BlobError::Folder { path: path.clone(), source })?;
            }
            Backend::Bucket { client, .. } => {
                let one = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
                client.list_paginated(None, one).await.map_err(|error| self.backend.to_error(&error))?;
            }
        }
        Ok(())
    }

    /// Stores `bytes` and verifies them by reading them back. An identical artifact that was written recently and reads
    /// correctly is not written again.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when it cannot be written, [`StoreError::BlobDamaged`] when it reads back differently.
    pub async fn put(&self, bytes: Bytes) -> Result<BlobRef, StoreError> {
        let blob = BlobRef { sha256: sha256_hex(&bytes), size_bytes: bytes.len() as u64 };
        if self.is_fresh(&blob).await? && self.verify(&blob).await.is_ok() {
            return Ok(blob);
        }
        let path = self.backend.path_of(&blob.sha256);
        self.store.put(&path, PutPayload::from(bytes)).await.map_err(|error| self.backend.to_error(&error))?;
        self.verify(&blob).await?;
        Ok(blob)
    }

    /// Returns whether the artifact exists and is too young to be collected before its publication ends. An older one
    /// is written again to renew its age.
    async fn is_fresh(&self, blob: &BlobRef) -> Result<bool, StoreError> {
        let found = self.find(&blob.sha256).await?;
        let is_young = |stored_at: DateTime<Utc>| (SystemClock.now() - stored_at).abs() < GRACE_PERIOD / 2;
        Ok(found.is_some_and(|found| found.size_bytes == blob.size_bytes && is_young(found.stored_at)))
    }

    /// Returns the bytes of `sha256`.
    ///
    /// # Errors
    /// [`StoreError::BlobMissing`] when it does not exist, [`StoreError::BlobDamaged`] when the bytes do not match the
    /// hash, [`StoreError::BlobSize`] when they exceed the maximum size, [`StoreError::Blob`] when the storage cannot
    /// be read.
    pub async fn get(&self, sha256: &str) -> Result<Bytes, StoreError> {
        self.read(sha256, self.max_bytes).await
    }

    /// Returns the bytes of an artifact of known size; no more bytes than that are read.
    ///
    /// # Errors
    /// As for [`Blobs::get`].
    pub async fn get_sized(&self, blob: &BlobRef) -> Result<Bytes, StoreError> {
        self.read(&blob.sha256, self.max_bytes.min(blob.size_bytes)).await
    }

    /// Returns the bytes of an artifact of known size, regardless of the limit of [`Blobs::get`].
    ///
    /// # Errors
    /// As for [`Blobs::get`].
    pub(crate) async fn get_for_backup(&self, blob: &BlobRef) -> Result<Bytes, StoreError> {
        self.read(&blob.sha256, blob.size_bytes.min(MAX_ARTIFACT_BYTES)).await
    }

    /// Reads an artifact and compares its hash without keeping the bytes.
    ///
    /// # Errors
    /// As for [`Blobs::get`].
    async fn verify(&self, blob: &BlobRef) -> Result<(), StoreError> {
        self.read_pieces(&blob.sha256, blob.size_bytes, None).await
    }

    async fn read(&self, sha256: &str, max_bytes: u64) -> Result<Bytes, StoreError> {
        let mut bytes = BytesMut::new();
        self.read_pieces(sha256, max_bytes, Some(&mut bytes)).await?;
        Ok(bytes.freeze())
    }

    /// Reads an artifact of at most `max_bytes` into `buffer` and compares its hash.
    async fn read_pieces(&self, sha256: &str, max_bytes: u64, buffer: Option<&mut BytesMut>) -> Result<(), StoreError> {
        let missing = || StoreError::BlobMissing { sha256: sha256.to_owned() };
        if !is_sha256(sha256) {
            return Err(missing());
        }
        self.backend.require_regular_file(sha256).await?;
        let found = match self.store.get(&self.backend.path_of(sha256)).await {
            Err(error @ object_store::Error::NotFound { .. }) if !is_missing_bucket(&error) => return Err(missing()),
            other => other.map_err(|error| self.backend.to_error(&error))?,
        };
        let too_large = |size| StoreError::BlobSize { sha256: sha256.to_owned(), size, max_bytes };
        if found.meta.size > max_bytes {
            return Err(too_large(found.meta.size));
        }
        let read = read_and_hash(found, max_bytes, buffer).await.map_err(|error| self.backend.to_error(&error))?;
        let actual = read.map_err(too_large)?;
        if actual == sha256 { Ok(()) } else { Err(StoreError::BlobDamaged { expected: sha256.to_owned(), actual }) }
    }

    /// Returns whether the artifact `sha256` exists, without reading it.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the storage cannot be read.
    pub async fn contains(&self, sha256: &str) -> Result<bool, StoreError> {
        Ok(self.find(sha256).await?.is_some())
    }

    async fn find(&self, sha256: &str) -> Result<Option<StoredBlob>, StoreError> {
        if !is_sha256(sha256) {
            return Ok(None);
        }
        match self.store.head(&self.backend.path_of(sha256)).await {
            // Also for a missing bucket: the response to this request has no body.
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => {
                let failure = self.backend.to_error(&error);
                if !matches!(failure, BlobError::Unreachable { .. }) {
                    // For the same reason, another request is made, whose response states the cause.
                    self.ping().await?;
                }
                Err(failure.into())
            }
            Ok(found) => Ok(Some(StoredBlob {
                sha256: sha256.to_owned(),
                size_bytes: found.size,
                stored_at: found.last_modified,
            })),
        }
    }

    /// Lists the artifacts, page by page.
    #[must_use]
    pub fn list(&self) -> BlobPages<'_> {
        BlobPages(Entries::new(&self.backend))
    }

    /// Deletes the artifact `sha256` and returns whether it existed.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when it cannot be removed.
    pub async fn delete(&self, sha256: &str) -> Result<bool, StoreError> {
        if !self.contains(sha256).await? {
            return Ok(false);
        }
        match self.store.delete(&self.backend.path_of(sha256)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            other => other.map(|()| true).map_err(|error| self.backend.to_error(&error).into()),
        }
    }
}

/// The address of the storage: `s3://bucket/prefix`, or the folder.
impl fmt::Display for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.backend.fmt(f)
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blobs({self})")
    }
}
