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
    error::BackupError,
    format::{self, Entry, FORMAT, HEADER, Header, Held, MANIFEST, Manifest},
    limits::{self, Limits},
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
    each_entry(file, Limits::default(), |path, bytes| {
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
    each_entry(file, Limits::default(), |path, bytes| {
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

/// Calls `each` with path and content of every entry until it has had enough. If it has not, the file is read to its end. No entry is
/// read that is longer than one of its name may be.
fn each_entry(
    file: &Path,
    limits: Limits,
    mut each: impl FnMut(&str, Bytes) -> Result<ControlFlow<()>, BackupError>,
) -> Result<(), BackupError> {
    let unreadable = |error| unreadable(file, error);
    let too_much = |what: String| BackupError::TooMuch { file: file.to_owned(), what };
    let opened = File::open(file).map_err(unreadable)?;
    let most = limits.inflated(opened.metadata().map_err(unreadable)?.len());
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(opened)).take(most));
    // Raw: names of any length and sparse files, which other archives hold, would be read before they could be refused.
    for (number, entry) in (1..).zip(archive.entries().map_err(unreadable)?.raw(true)) {
        let mut entry = entry.map_err(unreadable)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if number > limits.entries {
            return Err(too_much(format!("more than {} entries", limits.entries)));
        }
        let longest = limits::longest(&path);
        if entry.size() > longest {
            return Err(too_much(format!("{} bytes in {path:?}, where {longest} are the most", entry.size())));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 != entry.size() {
            return Err(ended(file, &archive.into_inner(), most));
        }
        if each(&path, bytes.into())?.is_break() {
            return Ok(());
        }
    }
    // The checksum of the compression comes last.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(unreadable)?;
    if rest.limit() == 0 {
        return Err(ended(file, &rest, most));
    }
    if !rest.into_inner().into_inner().fill_buf().map_err(unreadable)?.is_empty() {
        let reason = "something was added to it".to_owned();
        return Err(BackupError::Damaged { file: file.to_owned(), reason });
    }
    Ok(())
}

/// Returns why the archive ended early: for its limit, or since the file is cut short.
fn ended<R>(file: &Path, inflated: &io::Take<R>, most: u64) -> BackupError {
    if inflated.limit() == 0 {
        return BackupError::TooMuch { file: file.to_owned(), what: format!("more than {most} bytes") };
    }
    unreadable(file, io::ErrorKind::UnexpectedEof.into())
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

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    /// Writes an archive of entries of so many zeros.
    fn zeros(file: &Path, entries: &[(&str, u64)]) {
        let mut archive = tar::Builder::new(GzEncoder::new(File::create(file).unwrap(), Compression::fast()));
        for (path, size) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(*size);
            archive.append_data(&mut header, path, io::repeat(0).take(*size)).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
    }

    fn refusal(file: &Path, limits: Limits) -> String {
        let mut seen = 0;
        let error = each_entry(file, limits, |_path, bytes| {
            seen = seen.max(bytes.len());
            Ok(ControlFlow::Continue(()))
        })
        .unwrap_err();
        assert!(matches!(error, BackupError::TooMuch { .. }) && seen <= 1 << 20, "{error}: {seen} bytes were read");
        error.to_string()
    }

    #[test]
    fn archive_that_inflates_to_more_than_its_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bomb");
        let small = Limits { entries: 100, bytes: 4 << 20, ratio: 1 };
        zeros(&file, &[("tables/bars/000000.jsonl", 1 << 20); 8]);
        assert!(refusal(&file, small).contains("more than 4194304 bytes"));
        each_entry(&file, Limits { ratio: 2000, ..small }, |_, _| Ok(ControlFlow::Continue(()))).unwrap();
        zeros(&file, &[("tables/bars/000000.jsonl", 0); 101]);
        assert!(refusal(&file, small).contains("more than 100 entries"));
    }

    #[test]
    fn entry_longer_than_one_of_its_name_may_be_is_refused_before_it_is_read() {
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
            // The size alone: what should follow is not looked at.
            archive.append_data(&mut header, path, io::empty()).unwrap();
            archive.into_inner().unwrap().finish().unwrap();
            assert!(refusal(&file, Limits::default()).contains(path), "{path}");
        }
    }

    /// The library reads the long name of an entry before it hands out the entry.
    #[test]
    fn long_name_of_an_entry_is_not_read_without_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bomb");
        let mut archive = tar::Builder::new(GzEncoder::new(File::create(&file).unwrap(), Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(8 << 20);
        archive.append_data(&mut header, "name", io::repeat(b'a').take(8 << 20)).unwrap();
        archive.into_inner().unwrap().finish().unwrap();
        refusal(&file, Limits::default());
    }
}
