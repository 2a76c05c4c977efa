//! Reading a file or a stream of either format.

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

/// Returns the bars of the file at `path`, whatever supported format it has.
///
/// # Errors
/// [`FileError`] names the path and says in one line why nothing was imported: it is missing, a directory, not
/// readable, compressed, binary, not a price file, changed while it was read, or any other [`ImportError`].
pub fn read_path(path: &Path, options: &ImportOptions) -> Result<Import, FileError> {
    read_file(path, options).map_err(|reason| FileError { path: path.to_owned(), reason: Box::new(reason) })
}

/// Returns the bars of a byte stream, whatever supported format it has.
///
/// # Errors
/// [`ImportError`] when the stream is no supported price file, or breaks off.
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
    // While they grew, their capacity was doubled; they are kept until they are stored.
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

/// A file that another program is still writing would be imported by half.
fn changed(before: &Metadata, after: io::Result<Metadata>) -> bool {
    let Ok(after) = after else { return true };
    before.is_file() && (before.len() != after.len() || before.modified().ok() != after.modified().ok())
}
