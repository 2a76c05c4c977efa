//! Reads a file or a stream in any supported format.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
};

use super::{
    error::{FileError, ImportError},
    head::Head,
    options::ImportOptions,
    outcome::Import,
};
use crate::{cotahist, csv};

/// Returns the bars of the file at `path` in any supported format.
///
/// # Errors
/// [`FileError`] names the path and states in one line why nothing was imported: it is missing, a directory, not
/// readable, compressed, binary, not a price file, changed while it was read, or any other [`ImportError`].
pub fn read_path(path: &Path, options: &ImportOptions) -> Result<Import, FileError> {
    read_file(path, options).map_err(|reason| FileError { path: path.to_owned(), reason: Box::new(reason) })
}

/// Returns the bars of a byte stream in any supported format.
///
/// # Errors
/// [`ImportError`] when the stream is not a supported price file, or is interrupted.
pub fn read(mut reader: impl Read, options: &ImportOptions) -> Result<Import, ImportError> {
    read_stream(&mut reader, options)
}

fn read_stream(reader: &mut dyn Read, options: &ImportOptions) -> Result<Import, ImportError> {
    let head = Head::read(reader)?;
    let mut import = if cotahist::recognises(&head.bytes) {
        cotahist::read_after(head, reader, options)?
    } else {
        csv::read_after(head, reader, options)?
    };
    // Growing doubled their capacity, and they are kept until they are stored.
    import.series.iter_mut().for_each(|series| series.bars.shrink_to_fit());
    Ok(import)
}

fn read_file(path: &Path, options: &ImportOptions) -> Result<Import, ImportError> {
    let mut file = File::open(path).map_err(ImportError::from_open)?;
    let before = file.metadata().map_err(ImportError::Read)?;
    if before.is_dir() {
        return Err(ImportError::IsDirectory);
    }
    let import = read_stream(&mut file, options)?;
    if changed(&before, file.metadata()) {
        return Err(ImportError::ChangedWhileRead);
    }
    Ok(import)
}

/// Returns whether the file changed: one that is still being written must not be imported in part.
fn changed(before: &Metadata, after: io::Result<Metadata>) -> bool {
    let Ok(after) = after else { return true };
    before.is_file() && (before.len() != after.len() || before.modified().ok() != after.modified().ok())
}
