//! Name, size and age of an artifact.

use chrono::{DateTime, Utc};

/// Name and size of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// SHA-256 of the bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Number of bytes.
    pub size_bytes: u64,
}

/// An artifact as it lies there, not read and so not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// SHA-256 it is stored under, 64 hexadecimal digits.
    pub sha256: String,
    /// Number of bytes.
    pub size_bytes: u64,
    /// When it was last written, by the clock of the place.
    pub stored_at: DateTime<Utc>,
}
