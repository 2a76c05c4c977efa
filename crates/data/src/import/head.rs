//! The first 64 KiB of a stream, which determine its format.

use std::io::{self, Read};

use super::error::ImportError;

/// The beginning of a stream.
pub(crate) struct Head {
    /// First bytes, at most [`Head::LIMIT`].
    pub(crate) bytes: Vec<u8>,
    /// Whether `bytes` is the whole stream.
    pub(crate) complete: bool,
}

impl Head {
    /// About 1000 rows of a price file.
    pub(crate) const LIMIT: usize = 64 << 10;

    /// Reads the beginning of `reader`; rejects empty streams, archives and binary files.
    pub(crate) fn read(reader: &mut dyn Read) -> Result<Self, ImportError> {
        let mut bytes = Vec::new();
        reader.take(Self::LIMIT as u64).read_to_end(&mut bytes).map_err(ImportError::Read)?;
        let complete = bytes.len() < Self::LIMIT;
        if bytes.is_empty() {
            return Err(ImportError::Empty);
        }
        if let Some((kind, remedy)) = foreign_format(&bytes) {
            return Err(ImportError::ForeignFormat { kind, remedy });
        }
        Ok(Self { bytes, complete })
    }

    /// Returns a reader of the whole stream.
    pub(crate) fn chain<'a>(self, rest: &'a mut dyn Read) -> impl Read + 'a {
        io::Cursor::new(self.bytes).chain(rest)
    }
}

/// Detects formats that are often mistaken for CSV, by their first bytes.
fn foreign_format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const SIGNATURES: [(&[u8], &str, &str); 11] = [
        (b"\x1f\x8b", "a gzip archive", "unpack it first: gunzip FILE"),
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
        (b"BZh", "a bzip2 archive", "unpack it first: bunzip2 FILE"),
        (b"\xfd7zXZ\0", "an xz archive", "unpack it first: unxz FILE"),
        (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it first: unzstd FILE"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
        (b"\xd0\xcf\x11\xe0", "an Excel 97 workbook", "save the sheet as CSV"),
        (b"PAR1", "a Parquet file", "write it as CSV first"),
        (b"%PDF", "a PDF document", "give a CSV file"),
        (b"\x89PNG", "a picture", "give a CSV file"),
        (b"SQLite format 3\0", "an SQLite database", "write the table as CSV first"),
    ];
    SIGNATURES.iter().find(|(start, ..)| bytes.starts_with(start)).map(|&(_, kind, remedy)| (kind, remedy))
}
