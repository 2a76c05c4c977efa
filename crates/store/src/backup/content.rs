//! Reads a backup twice: once to verify all of it before anything changes, and once to restore it.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    ops::ControlFlow,
    path::Path,
};

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use tokio::sync::mpsc;

use super::{
    error::BackupError,
    format::{self, Entry, EntryKind, FORMAT, HEADER, Header, MANIFEST, Manifest},
    limits::{self, Limits},
    tables,
};
use crate::blobs::sha256_hex;

/// Reads the whole file and compares it with its manifest. Holds one entry in memory at a time.
///
/// # Errors
/// [`BackupError`] when the file is not a backup, of another version, incomplete, or modified.
pub(super) fn verify(file: &Path) -> Result<(Header, Manifest), BackupError> {
    let damaged = |reason: &str| BackupError::Damaged { file: file.to_owned(), reason: reason.to_owned() };
    let (mut header, mut manifest, mut found) = (None, None, Vec::new());
    each_entry(file, Limits::default(), |path, bytes| {
        if header.is_none() {
            let read = (path == HEADER).then(|| serde_json::from_slice::<Header>(&bytes).ok()).flatten();
            let read = read.ok_or_else(|| damaged("it is not a backup made by closecast"))?;
            check_version(file, &read)?;
            header = Some(read);
        }
        if manifest.is_some() {
            return Err(damaged("data was appended to it"));
        }
        if path == MANIFEST {
            let read =
                serde_json::from_slice::<Manifest>(&bytes).map_err(|_| damaged("its manifest cannot be read"))?;
            manifest = Some(read);
        } else {
            found.push(Entry { path: path.to_owned(), size_bytes: bytes.len() as u64, sha256: sha256_hex(&bytes) });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let header = header.ok_or_else(|| damaged("it is empty"))?;
    let manifest = manifest.ok_or_else(|| damaged("it is truncated"))?;
    if found != manifest.entries {
        let pairs = found.iter().zip(&manifest.entries);
        let first = pairs
            .clone()
            .find(|(found, listed)| found != listed)
            .map_or("its list of entries", |(_, listed)| &listed.path);
        return Err(damaged(&format!("{first} was modified after the backup was made")));
    }
    let known: Vec<_> = tables::all().iter().map(|table| table.name()).collect();
    let is_known = |entry: &Entry| match format::entry_kind(&entry.path) {
        Some(EntryKind::Artifact(sha256)) => sha256 == entry.sha256,
        Some(EntryKind::Rows(table)) => known.contains(&table),
        None => entry.path == HEADER,
    };
    if let Some(unknown) = manifest.entries.iter().find(|entry| !is_known(entry)) {
        return Err(damaged(&format!("{} is an unknown entry", unknown.path)));
    }
    Ok((header, manifest))
}

/// Reads the file again and sends its artifacts and table pieces one by one, each compared with the manifest again.
/// Stops early when the receiver is dropped.
///
/// # Errors
/// [`BackupError`] when the file has changed since it was verified, or cannot be read.
pub(super) fn send_entries(
    file: &Path,
    entries: &[Entry],
    receiver: &mpsc::Sender<(String, Bytes)>,
) -> Result<(), BackupError> {
    let mut expected = entries.iter();
    each_entry(file, Limits::default(), |path, bytes| {
        let Some(listed) = expected.next() else { return Ok(ControlFlow::Break(())) };
        if listed.path != path || listed.sha256 != sha256_hex(&bytes) {
            let reason = "it changed while it was being read".to_owned();
            return Err(BackupError::Damaged { file: file.to_owned(), reason });
        }
        let is_over = path != HEADER && receiver.blocking_send((path.to_owned(), bytes)).is_err();
        Ok(if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })
}

fn check_version(file: &Path, header: &Header) -> Result<(), BackupError> {
    let (file, code_version) = (file.to_owned(), header.code_version.clone());
    if header.format != FORMAT {
        return Err(BackupError::Format { file, format: header.format, known: FORMAT, code_version });
    }
    let (age, remedy) = match header.schema.cmp(&format::schema()) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Greater => ("newer", "restore it with that version, or a later one"),
        // Migrations convert the tables of a database, not the rows of a backup.
        std::cmp::Ordering::Less => {
            ("older", "restore it with that version; this one brings the database up to date when it then opens it")
        }
    };
    Err(BackupError::Version { file, code_version, age, remedy })
}

/// Calls `each` with the path and content of every entry until it returns `Break`; otherwise reads to the end of the
/// file. Rejects entries that are longer than the limit of their name without reading them.
fn each_entry(
    file: &Path,
    limits: Limits,
    mut each: impl FnMut(&str, Bytes) -> Result<ControlFlow<()>, BackupError>,
) -> Result<(), BackupError> {
    let unreadable = |error| unreadable(file, error);
    let too_much = |what: String| BackupError::TooLarge { file: file.to_owned(), what };
    let opened = File::open(file).map_err(unreadable)?;
    let max_inflated = limits.inflated(opened.metadata().map_err(unreadable)?.len());
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(opened)).take(max_inflated));
    // Raw: long names and sparse files would otherwise be read before they can be rejected.
    for (number, entry) in (1..).zip(archive.entries().map_err(unreadable)?.raw(true)) {
        let mut entry = entry.map_err(unreadable)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if number > limits.entries {
            return Err(too_much(format!("more than {} entries", limits.entries)));
        }
        let max_bytes = limits::max_entry_bytes(&path);
        if entry.size() > max_bytes {
            return Err(too_much(format!("{} bytes in {path:?}, where {max_bytes} are the most", entry.size())));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 != entry.size() {
            return Err(truncation_error(file, &archive.into_inner(), max_inflated));
        }
        if each(&path, bytes.into())?.is_break() {
            return Ok(());
        }
    }
    // The checksum of the compression is at the end.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(unreadable)?;
    if rest.limit() == 0 {
        return Err(truncation_error(file, &rest, max_inflated));
    }
    if !rest.into_inner().into_inner().fill_buf().map_err(unreadable)?.is_empty() {
        let reason = "data was appended to it".to_owned();
        return Err(BackupError::Damaged { file: file.to_owned(), reason });
    }
    Ok(())
}

/// Returns why the archive ended early: the limit was reached or the file is truncated.
fn truncation_error<R>(file: &Path, inflated: &io::Take<R>, max_inflated: u64) -> BackupError {
    if inflated.limit() == 0 {
        return BackupError::TooLarge { file: file.to_owned(), what: format!("more than {max_inflated} bytes") };
    }
    unreadable(file, io::ErrorKind::UnexpectedEof.into())
}

fn unreadable(file: &Path, source: io::Error) -> BackupError {
    let file = file.to_owned();
    if source.raw_os_error().is_some() {
        return BackupError::Read { file, source };
    }
    let reason = match source.kind() {
        io::ErrorKind::UnexpectedEof => "it is truncated".to_owned(),
        _ => format!("it is not a backup, or it is damaged ({source})"),
    };
    BackupError::Damaged { file, reason }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    /// Writes an archive whose entries contain the given number of zeros.
    fn zeros(file: &Path, entries: &[(&str, u64)]) {
        let mut archive = tar::Builder::new(GzEncoder::new(File::create(file).unwrap(), Compression::fast()));
        for (path, size) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(*size);
            archive.append_data(&mut header, path, io::repeat(0).take(*size)).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
    }

    fn failure_cause(file: &Path, limits: Limits) -> String {
        let mut seen = 0;
        let error = each_entry(file, limits, |_path, bytes| {
            seen = seen.max(bytes.len());
            Ok(ControlFlow::Continue(()))
        })
        .unwrap_err();
        assert!(matches!(error, BackupError::TooLarge { .. }) && seen <= 1 << 20, "{error}: {seen} bytes were read");
        error.to_string()
    }

    #[test]
    fn each_entry_rejects_archive_that_inflates_beyond_limit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bomb");
        let small = Limits { entries: 100, bytes: 4 << 20, ratio: 1 };
        zeros(&file, &[("tables/bars/000000.jsonl", 1 << 20); 8]);
        assert!(failure_cause(&file, small).contains("more than 4194304 bytes"));
        each_entry(&file, Limits { ratio: 2000, ..small }, |_, _| Ok(ControlFlow::Continue(()))).unwrap();
        zeros(&file, &[("tables/bars/000000.jsonl", 0); 101]);
        assert!(failure_cause(&file, small).contains("more than 100 entries"));
    }

    #[test]
    fn each_entry_rejects_oversized_entry_before_reading_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bomb");
        for (path, size) in [
            (HEADER, 65 << 10),
            ("unknown", 65 << 10),
            (MANIFEST, 65 << 20),
            ("tables/bars/000000.jsonl", 257 << 20),
            ("artifacts/0000", (1 << 30) + 1),
        ] {
            let mut archive = tar::Builder::new(GzEncoder::new(File::create(&file).unwrap(), Compression::fast()));
            let mut header = tar::Header::new_gnu();
            header.set_size(size);
            // Only the size is checked; the content is not read.
            archive.append_data(&mut header, path, io::empty()).unwrap();
            archive.into_inner().unwrap().finish().unwrap();
            assert!(failure_cause(&file, Limits::default()).contains(path), "{path}");
        }
    }

    /// The tar library reads a long name before it returns the entry.
    #[test]
    fn each_entry_does_not_read_oversized_entry_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bomb");
        let mut archive = tar::Builder::new(GzEncoder::new(File::create(&file).unwrap(), Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(8 << 20);
        archive.append_data(&mut header, "name", io::repeat(b'a').take(8 << 20)).unwrap();
        archive.into_inner().unwrap().finish().unwrap();
        failure_cause(&file, Limits::default());
    }
}
