//! Reading a backup: all of it to be sure of it, before anything is changed, and then again to restore it.

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
    BackupError,
    format::{self, Entry, FORMAT, HEADER, Header, Held, MANIFEST, Manifest},
    tables,
};
use crate::blobs::sha256_hex;

/// Reads the whole file and compares it with its manifest. Memory holds one entry at a time.
///
/// # Errors
/// [`BackupError`] when it is no backup, of another version, not whole, or changed.
pub(super) fn verify(file: &Path) -> Result<(Header, Manifest), BackupError> {
    let damaged = |reason: &str| BackupError::Damaged { file: file.to_owned(), reason: reason.to_owned() };
    let (mut header, mut manifest, mut found) = (None, None, Vec::new());
    each_entry(file, |path, bytes| {
        if header.is_none() {
            let read = (path == HEADER).then(|| serde_json::from_slice::<Header>(&bytes).ok()).flatten();
            let read = read.ok_or_else(|| damaged("it is not a backup made by closecast"))?;
            check_version(file, &read)?;
            header = Some(read);
        }
        if manifest.is_some() {
            return Err(damaged("something was added to it"));
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
    let manifest = manifest.ok_or_else(|| damaged("it is cut short"))?;
    if found != manifest.entries {
        let pairs = found.iter().zip(&manifest.entries);
        let first =
            pairs.clone().find(|(found, told)| found != told).map_or("its list of entries", |(_, told)| &told.path);
        return Err(damaged(&format!("{first} is not what it was when the backup was made")));
    }
    let known: Vec<_> = tables::all().iter().map(|table| table.name()).collect();
    let is_known = |entry: &Entry| match format::held(&entry.path) {
        Some(Held::Artifact(sha256)) => sha256 == entry.sha256,
        Some(Held::Rows(table)) => known.contains(&table),
        None => entry.path == HEADER,
    };
    if let Some(unknown) = manifest.entries.iter().find(|entry| !is_known(entry)) {
        return Err(damaged(&format!("{} is nothing that this program knows", unknown.path)));
    }
    Ok((header, manifest))
}

/// Reads the file again and hands over the artifacts and pieces of tables one by one, each compared with the manifest once
/// more. Ends early when nobody takes them.
///
/// # Errors
/// [`BackupError`] when the file has changed since it was verified, or cannot be read.
pub(super) fn deliver(
    file: &Path,
    entries: &[Entry],
    receiver: &mpsc::Sender<(String, Bytes)>,
) -> Result<(), BackupError> {
    let mut expected = entries.iter();
    each_entry(file, |path, bytes| {
        let Some(told) = expected.next() else { return Ok(ControlFlow::Break(())) };
        if told.path != path || told.sha256 != sha256_hex(&bytes) {
            let reason = "it was changed while it was being read".to_owned();
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
        // The steps in between change rows as well as tables, and know tables only.
        std::cmp::Ordering::Less => {
            ("older", "restore it with that version; this one brings the database up to date when it then opens it")
        }
    };
    Err(BackupError::Version { file, code_version, age, remedy })
}

/// Calls `each` with path and content of every entry until it has had enough. If it has not, the file is read to its end.
fn each_entry(
    file: &Path,
    mut each: impl FnMut(&str, Bytes) -> Result<ControlFlow<()>, BackupError>,
) -> Result<(), BackupError> {
    let unreadable = |error| unreadable(file, error);
    let compressed = BufReader::new(File::open(file).map_err(unreadable)?);
    let mut archive = tar::Archive::new(GzDecoder::new(compressed));
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 != entry.size() {
            return Err(unreadable(io::ErrorKind::UnexpectedEof.into()));
        }
        if each(&path, bytes.into())?.is_break() {
            return Ok(());
        }
    }
    // The checksum of the compression comes last.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(unreadable)?;
    if !rest.into_inner().fill_buf().map_err(unreadable)?.is_empty() {
        let reason = "something was added to it".to_owned();
        return Err(BackupError::Damaged { file: file.to_owned(), reason });
    }
    Ok(())
}

fn unreadable(file: &Path, source: io::Error) -> BackupError {
    let file = file.to_owned();
    if source.raw_os_error().is_some() {
        return BackupError::Read { file, source };
    }
    let reason = match source.kind() {
        io::ErrorKind::UnexpectedEof => "it is cut short".to_owned(),
        _ => format!("it is not a backup, or it is damaged ({source})"),
    };
    BackupError::Damaged { file, reason }
}
