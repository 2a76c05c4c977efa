//! The file of an SQLite database: whether it is still the one that was opened.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Smallest page of SQLite, in bytes: a file with a schema has at least one page.
const SMALLEST_PAGE: u64 = 512;

/// What happened to the file of a database while it was open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileFault {
    /// There is no file under its name, or another one.
    #[error("{reason}")]
    Replaced {
        /// File that was opened.
        path: PathBuf,
        /// What was found in its place.
        reason: String,
    },
    /// SQLite found that the file is not what it wrote.
    #[error("{reason}")]
    Overwritten {
        /// What was found.
        reason: String,
    },
    /// The file was cut off.
    #[error("{reason}")]
    Truncated {
        /// What was found.
        reason: String,
    },
}

/// Device and inode of a file.
type Identity = (u64, u64);

/// A database file that was opened. SQLite writes to an opened file even after it was deleted or replaced, where it cannot be found again.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    /// None where the system has no inodes.
    opened: Option<Identity>,
    /// SQLite found damage. Pages that it remembers, and those in its log, may hide that again: it stays until the program is started anew.
    is_damaged: Arc<AtomicBool>,
}

impl DatabaseFile {
    /// Remembers which file `path` leads to.
    ///
    /// # Errors
    /// What the operating system says when there is none.
    pub(crate) fn remember(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), opened: identity(&std::fs::metadata(path)?), is_damaged: Arc::default() })
    }

    /// Returns where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Remembers that the file is damaged.
    pub(crate) fn note_damage(&self) {
        self.is_damaged.store(true, Ordering::Relaxed);
    }

    /// Returns the size of the file in bytes, if it is still the one that was opened. Costs one `stat`; the file is not opened,
    /// since closing it would drop the locks that SQLite holds on it in this process.
    ///
    /// # Errors
    /// [`FileFault`].
    pub(crate) fn verify(&self) -> Result<u64, FileFault> {
        if self.is_damaged.load(Ordering::Relaxed) {
            let reason = "SQLite found that it was overwritten or damaged".to_owned();
            return Err(FileFault::Overwritten { reason });
        }
        let replaced = |reason: String| FileFault::Replaced { path: self.path.clone(), reason };
        let found = std::fs::metadata(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => replaced("was deleted or moved".to_owned()),
            _ => replaced(format!("cannot be reached ({error})")),
        })?;
        if identity(&found) != self.opened {
            return Err(replaced("was replaced by another file".to_owned()));
        }
        if found.len() < SMALLEST_PAGE {
            return Err(FileFault::Truncated { reason: format!("only {} bytes are left of it", found.len()) });
        }
        Ok(found.len())
    }
}

#[cfg(unix)]
fn identity(found: &std::fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_found: &std::fs::Metadata) -> Option<Identity> {
    None
}
