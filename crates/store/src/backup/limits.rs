//! Limits on the decompressed size of a backup: a small file can contain terabytes of zeros.

use super::format::{self, EntryKind, HEADER, MANIFEST};
use crate::MAX_ARTIFACT_BYTES;

/// Maximum size of the header.
const MAX_HEADER_BYTES: u64 = 64 << 10;

/// Maximum size of the manifest: some 400,000 entries.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

/// Maximum size of a table piece. Pieces end with the row that reaches 4 MB; those of 0.1.0 with the page of 1000 rows
/// that does.
const MAX_PIECE_BYTES: u64 = 256 << 20;

/// Limits of a backup.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Maximum number of entries.
    pub(super) entries: u64,
    /// Minimum allowance of decompressed bytes, whatever the size of the file.
    pub(super) bytes: u64,
    /// Maximum decompressed bytes per byte of the file. Price rows reach 10 to 40; the compression format allows 1032.
    pub(super) ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 400_000, bytes: 1 << 30, ratio: 256 }
    }
}

impl Limits {
    /// Returns the maximum decompressed size of a file.
    pub(super) fn inflated(self, file_bytes: u64) -> u64 {
        self.bytes.max(file_bytes.saturating_mul(self.ratio))
    }
}

/// Returns the maximum size of the entry with this name.
pub(super) fn max_entry_bytes(path: &str) -> u64 {
    match (path, format::entry_kind(path)) {
        (MANIFEST, _) => MAX_MANIFEST_BYTES,
        (_, Some(EntryKind::Artifact(_))) => MAX_ARTIFACT_BYTES,
        (_, Some(EntryKind::Rows(_))) => MAX_PIECE_BYTES,
        // An unknown name: it is read, so that the error names it.
        (HEADER | _, None) => MAX_HEADER_BYTES,
    }
}
