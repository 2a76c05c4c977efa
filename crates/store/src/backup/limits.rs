//! How much of a backup is inflated: a small file can hold terabytes of zeros.

use super::format::{self, HEADER, Held, MANIFEST};
use crate::LARGEST_ARTIFACT;

/// Longest header.
const LONGEST_HEADER: u64 = 64 << 10;

/// Longest manifest: some 400,000 entries.
const LONGEST_MANIFEST: u64 = 64 << 20;

/// Longest piece of a table. Pieces end with the row that reaches 4 MB; those of 0.1.0 end with the page of 1000 rows that does.
const LONGEST_PIECE: u64 = 256 << 20;

/// Limits of what a backup holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Most entries.
    pub(super) entries: u64,
    /// Most bytes of the archive, whatever the size of the file.
    pub(super) bytes: u64,
    /// Most bytes of the archive for each byte of the file. Rows of prices take 10 to 40; compression alone reaches 1032.
    pub(super) ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 400_000, bytes: 1 << 30, ratio: 256 }
    }
}

impl Limits {
    /// Returns how many bytes a file of that size may inflate to.
    pub(super) fn inflated(self, file_bytes: u64) -> u64 {
        self.bytes.max(file_bytes.saturating_mul(self.ratio))
    }
}

/// Returns the most bytes that an entry of that name may have.
pub(super) fn longest(path: &str) -> u64 {
    match (path, format::held(path)) {
        (MANIFEST, _) => LONGEST_MANIFEST,
        (_, Some(Held::Artifact(_))) => LARGEST_ARTIFACT,
        (_, Some(Held::Rows(_))) => LONGEST_PIECE,
        // An unknown name: it is parsed, to be refused by name.
        (HEADER | _, None) => LONGEST_HEADER,
    }
}
