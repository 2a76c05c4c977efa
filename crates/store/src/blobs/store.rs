//! Storing and reading artifacts.

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
    blob::{BlobRef, StoredBlob},
    bucket,
    error::BlobError,
    listing::{BlobPages, Entries},
    place::Place,
    read::collect,
    s3_error::{is_missing_bucket, system_error},
    settings::{ArtifactAddress, ArtifactSettings},
    sha256::{is_sha256, sha256_hex},
};
use crate::{StoreError, private};

/// The most bytes of an artifact unless it is set. The largest network has 128 MiB of weights, and an ensemble some of them.
pub const LARGEST_ARTIFACT: u64 = 1 << 30;

/// How long an artifact may be there before nothing refers to it: a publication writes the artifact first, and then the row.
pub(super) const GRACE: TimeDelta = TimeDelta::hours(1);

/// A place that keeps artifacts, content-addressed and verified at every read.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    pub(super) place: Place,
    /// Larger artifacts are not served.
    most_bytes: u64,
}

impl Blobs {
    /// Returns the artifacts of the place in `settings`. A folder is made when it is missing; a server is not asked yet.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the folder cannot be made, or the settings of the server are missing or wrong.
    pub fn open(settings: &ArtifactSettings) -> Result<Self, StoreError> {
        match &settings.address {
            ArtifactAddress::Local(folder) => {
                let unusable = |source| BlobError::Folder { path: folder.clone(), source };
                private::create_folder(folder).map_err(unusable)?;
                // fsync: after a power cut a published model has its weights.
                let local = LocalFileSystem::new_with_prefix(folder).map_err(|error| unusable(system_error(&error)))?;
                let (store, place) = (Arc::new(local.with_fsync(true)), Place::Folder(folder.clone()));
                Ok(Self { store, place, most_bytes: LARGEST_ARTIFACT })
            }
            ArtifactAddress::S3 { bucket, prefix } => {
                let (client, endpoint) = bucket::client(bucket, &settings.s3)?;
                let (name, prefix) = (bucket.clone(), BlobPath::from(prefix.as_str()));
                let place = Place::Bucket { client: client.clone(), name, prefix, endpoint };
                Ok(Self { store: Arc::new(client), place, most_bytes: LARGEST_ARTIFACT })
            }
        }
    }

    /// Returns the artifacts of a local folder, which is made when it is missing.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the folder cannot be made.
    pub fn local(folder: &Path) -> Result<Self, StoreError> {
        Self::open(&ArtifactSettings::local(folder))
    }

    /// Returns the same with another bound on the size of an artifact that [`Blobs::get`] and [`Blobs::get_sized`] read, in bytes.
    /// [`Blobs::put`], backups and restores keep to [`LARGEST_ARTIFACT`] only.
    #[must_use]
    pub fn reading_at_most(self, most_bytes: u64) -> Self {
        Self { most_bytes, ..self }
    }

    /// Asks the place for a sign of life: whether the server answers, knows the keys and has the bucket, or the folder is
    /// still there.
    ///
    /// # Errors
    /// [`StoreError::Blob`] with what to set.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.place {
            Place::Folder(path) => {
                let found = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || std::fs::read_dir(path).map(drop)
                });
                let found = found.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                found.map_err(|source| BlobError::Folder { path: path.clone(), source })?;
            }
            Place::Bucket { client, .. } => {
                let one = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
                client.list_paginated(None, one).await.map_err(|error| self.place.failure(&error))?;
            }
        }
        Ok(())
    }

    /// Stores `bytes` and reads them back to be sure. Storing the same bytes twice is one artifact: when it was written not
    /// long ago and reads well, it is not written again.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when it cannot be written, [`StoreError::BlobDamaged`] when what was written reads
    /// differently.
    pub async fn put(&self, bytes: Bytes) -> Result<BlobRef, StoreError> {
        let blob = BlobRef { sha256: sha256_hex(&bytes), size_bytes: bytes.len() as u64 };
        if self.is_fresh(&blob).await? && self.verify(&blob).await.is_ok() {
            return Ok(blob);
        }
        let path = self.place.path_of(&blob.sha256);
        self.store.put(&path, PutPayload::from(bytes)).await.map_err(|error| self.place.failure(&error))?;
        self.verify(&blob).await?;
        Ok(blob)
    }

    /// Returns whether the artifact is there and so young that it is not collected as garbage before its publication ends.
    /// An older one is written again, though it be the same, to make it young.
    async fn is_fresh(&self, blob: &BlobRef) -> Result<bool, StoreError> {
        let found = self.find(&blob.sha256).await?;
        let is_young = |stored_at: DateTime<Utc>| (SystemClock.now() - stored_at).abs() < GRACE / 2;
        Ok(found.is_some_and(|found| found.size_bytes == blob.size_bytes && is_young(found.stored_at)))
    }

    /// Returns the bytes of `sha256`.
    ///
    /// # Errors
    /// [`StoreError::BlobMissing`] when there is none, [`StoreError::BlobDamaged`] when the bytes do not match the name,
    /// [`StoreError::BlobSize`] when there are more than are read, [`StoreError::Blob`] when the place cannot be read.
    pub async fn get(&self, sha256: &str) -> Result<Bytes, StoreError> {
        self.read(sha256, self.most_bytes).await
    }

    /// Returns the bytes of an artifact whose size is known: not one byte more is read.
    ///
    /// # Errors
    /// As for [`Blobs::get`].
    pub async fn get_sized(&self, blob: &BlobRef) -> Result<Bytes, StoreError> {
        self.read(&blob.sha256, self.most_bytes.min(blob.size_bytes)).await
    }

    /// Returns the bytes of an artifact whose size is known, however small the bound of [`Blobs::get`] is.
    ///
    /// # Errors
    /// As for [`Blobs::get`].
    pub(crate) async fn get_for_backup(&self, blob: &BlobRef) -> Result<Bytes, StoreError> {
        self.read(&blob.sha256, blob.size_bytes.min(LARGEST_ARTIFACT)).await
    }

    /// Reads an artifact in pieces and compares its hash; none of it is kept.
    ///
    /// # Errors
    /// As for [`Blobs::get`].
    async fn verify(&self, blob: &BlobRef) -> Result<(), StoreError> {
        self.read_pieces(&blob.sha256, blob.size_bytes, None).await
    }

    async fn read(&self, sha256: &str, most: u64) -> Result<Bytes, StoreError> {
        let mut bytes = BytesMut::new();
        self.read_pieces(sha256, most, Some(&mut bytes)).await?;
        Ok(bytes.freeze())
    }

    /// Reads an artifact of at most `most` bytes into `kept`, and compares its hash.
    async fn read_pieces(&self, sha256: &str, most: u64, kept: Option<&mut BytesMut>) -> Result<(), StoreError> {
        let missing = || StoreError::BlobMissing { sha256: sha256.to_owned() };
        if !is_sha256(sha256) {
            return Err(missing());
        }
        self.place.require_regular_file(sha256).await?;
        let found = match self.store.get(&self.place.path_of(sha256)).await {
            Err(error @ object_store::Error::NotFound { .. }) if !is_missing_bucket(&error) => return Err(missing()),
            other => other.map_err(|error| self.place.failure(&error))?,
        };
        let too_large = |size| StoreError::BlobSize { sha256: sha256.to_owned(), size, most };
        if found.meta.size > most {
            return Err(too_large(found.meta.size));
        }
        let read = collect(found, most, kept).await.map_err(|error| self.place.failure(&error))?;
        let actual = read.map_err(too_large)?;
        if actual == sha256 { Ok(()) } else { Err(StoreError::BlobDamaged { expected: sha256.to_owned(), actual }) }
    }

    /// Returns whether there is an artifact `sha256`, without reading it.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the place cannot be read.
    pub async fn contains(&self, sha256: &str) -> Result<bool, StoreError> {
        Ok(self.find(sha256).await?.is_some())
    }

    async fn find(&self, sha256: &str) -> Result<Option<StoredBlob>, StoreError> {
        if !is_sha256(sha256) {
            return Ok(None);
        }
        match self.store.head(&self.place.path_of(sha256)).await {
            // Also when there is no such bucket: the answer to this request has no text.
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => {
                let failure = self.place.failure(&error);
                if !matches!(failure, BlobError::Unreachable { .. }) {
                    // For the same reason another request is made, whose answer tells why.
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
        BlobPages(Entries::new(&self.place))
    }

    /// Removes the artifact `sha256`, and returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when it cannot be removed.
    pub async fn delete(&self, sha256: &str) -> Result<bool, StoreError> {
        if !self.contains(sha256).await? {
            return Ok(false);
        }
        match self.store.delete(&self.place.path_of(sha256)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            other => other.map(|()| true).map_err(|error| self.place.failure(&error).into()),
        }
    }
}

/// The address of the place: `s3://bucket/prefix`, or the folder.
impl fmt::Display for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blobs({self})")
    }
}
