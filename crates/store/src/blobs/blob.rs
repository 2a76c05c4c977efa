//! Identity and size of artifacts.

use chrono::{DateTime, Utc};

/// Hash and size of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// SHA-256 of the bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Number of bytes.
    pub size_bytes: u64,
}

/// An artifact in storage, not read and therefore not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// SHA-256 under which it is stored, 64 hexadecimal digits.
    pub sha256: String,
    /// Number of bytes.
    pub size_bytes: u64,
    /// When it was last written, by the clock of the storage.
    pub stored_at: DateTime<Utc>,
}
