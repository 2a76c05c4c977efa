//! Artifacts: bytes under the name of their own SHA-256.

use std::{fmt::Write as _, path::Path, sync::Arc};

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as BlobPath};
use sha2::{Digest, Sha256};

use crate::StoreError;

/// Name and size of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// SHA-256 of the bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Number of bytes.
    pub size_bytes: u64,
}

/// A place that keeps artifacts, content-addressed and verified at every read.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Returns the artifacts of a local folder, which is made when it is missing.
    ///
    /// # Errors
    /// [`StoreError::Folder`] when the folder cannot be made.
    pub fn local(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
        // fsync: after a power cut a published model has its weights.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Stores `bytes` and reads them back to be sure. Storing the same bytes twice is one artifact.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when it cannot be written, [`StoreError::BlobDamaged`] when what was written reads differently.
    pub async fn put(&self, bytes: Bytes) -> Result<BlobRef, StoreError> {
        let blob = BlobRef { sha256: sha256_hex(&bytes), size_bytes: bytes.len() as u64 };
        self.store.put(&path_of(&blob.sha256), PutPayload::from(bytes)).await?;
        self.get(&blob.sha256).await?;
        Ok(blob)
    }

    /// Returns the bytes of `sha256`.
    ///
    /// # Errors
    /// [`StoreError::BlobMissing`] when there is none, [`StoreError::BlobDamaged`] when the bytes do not match the name.
    pub async fn get(&self, sha256: &str) -> Result<Bytes, StoreError> {
        let missing = || StoreError::BlobMissing { sha256: sha256.to_owned() };
        if !is_sha256(sha256) {
            return Err(missing());
        }
        let found = match self.store.get(&path_of(sha256)).await {
            Err(object_store::Error::NotFound { .. }) => return Err(missing()),
            other => other?,
        };
        let bytes = found.bytes().await?;
        let actual = sha256_hex(&bytes);
        if actual != sha256 {
            return Err(StoreError::BlobDamaged { expected: sha256.to_owned(), actual });
        }
        Ok(bytes)
    }
}

/// Two levels, so that no folder grows to many thousands of entries.
fn path_of(sha256: &str) -> BlobPath {
    BlobPath::from_iter([&sha256[..2], sha256])
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}
