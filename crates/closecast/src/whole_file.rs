//! Files that are there whole or not at all.

use std::{fs, io, path::Path};

use crate::failure::Failure;

/// Writes beside the file and renames: whoever reads it sees the old or the new content, never a part.
///
/// # Errors
/// [`Failure::Write`] when the operating system refuses.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    replace(path, content).map_err(|source| Failure::Write { path: path.display().to_string(), source })
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    fs::write(&beside, content)?;
    fs::rename(&beside, path).inspect_err(|_| {
        let _already_failing = fs::remove_file(&beside);
    })
}
