//! Detects that an open SQLite file was deleted, replaced or truncated.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Minimum page size of SQLite: a file with a schema has at least one page.
const MIN_PAGE_BYTES: u64 = 512;

/// What happened to an open database file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileFault {
    /// The file was deleted or replaced.
    #[error("{reason}")]
    Replaced {
        /// Path of the file.
        path: PathBuf,
        /// Details.
        reason: String,
    },
    /// SQLite reported corruption.
    #[error("{reason}")]
    Overwritten {
        /// Details.
        reason: String,
    },
    /// The file was truncated.
    #[error("{reason}")]
    Truncated {
        /// Details.
        reason: String,
    },
}

/// Device and inode of a file.
type Identity = (u64, u64);

/// An open database file. SQLite keeps writing to a deleted or replaced file, where the data is lost.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    /// `None` on systems without inodes.
    opened: Option<Identity>,
    /// SQLite reported damage. Cached pages and the write-ahead log may hide it again, so it is remembered until
    /// restart.
    is_damaged: Arc<AtomicBool>,
}

impl DatabaseFile {
    /// Records the identity of the file at `path`.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn track(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), opened: identity(&std::fs::metadata(path)?), is_damaged: Arc::default() })
    }

    /// Returns the path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Records that the file is damaged.
    pub(crate) fn mark_damaged(&self) {
        self.is_damaged.store(true, Ordering::Relaxed);
    }

    /// Returns the size of the file in bytes if it is still the one that was opened. Costs one `stat`; the file is not
    /// opened, since closing it would release SQLite's locks in this process.
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
        if found.len() < MIN_PAGE_BYTES {
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
