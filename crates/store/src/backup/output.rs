//! The backup file, written under a temporary name and renamed when complete.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{error::BackupError, existing::Existing};
use crate::{private, unfinished_files};

/// A backup file under a temporary name beside its final one; removed unless it is finished.
pub(super) struct Output {
    path: PathBuf,
    unfinished: PathBuf,
    existing: Existing,
}

impl Output {
    /// Creates the temporary file, readable by its owner only, and removes those of killed programs.
    ///
    /// # Errors
    /// [`BackupError::Exists`] and [`BackupError::Write`].
    pub(super) fn create(path: &Path, existing: Existing, now: DateTime<Utc>) -> Result<(Self, File), BackupError> {
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}.part", Uuid::now_v7().simple()));
        let output = Self { path: path.to_owned(), unfinished: unfinished.into(), existing };
        output.check()?;
        output.remove_abandoned(now);
        let file = private::open_file(OpenOptions::new().write(true).create_new(true), &output.unfinished)
            .map_err(|source| output.refused(source))?;
        Ok((output, file))
    }

    /// Syncs the complete file, renames it to its final name and returns its size.
    ///
    /// # Errors
    /// [`BackupError::Exists`] and [`BackupError::Write`].
    pub(super) fn finish(self, written: File) -> Result<u64, BackupError> {
        // The file may have been created by another program since.
        self.check()?;
        let named = || -> io::Result<u64> {
            written.sync_all()?;
            let size = written.metadata()?.len();
            drop(written);
            fs::rename(&self.unfinished, &self.path)?;
            // The rename is durable once the folder is synced.
            #[cfg(unix)]
            File::open(self.folder())?.sync_all()?;
            Ok(size)
        };
        named().map_err(|source| self.refused(source))
    }

    /// Failures are logged; they do not fail the backup.
    fn remove_abandoned(&self, now: DateTime<Utc>) {
        for path in unfinished_files(self.folder(), now).unwrap_or_default() {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "the temporary file of a killed program cannot be removed");
            }
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    fn check(&self) -> Result<(), BackupError> {
        match fs::symlink_metadata(&self.path) {
            Ok(there) if there.is_dir() => Err(self.refused(io::ErrorKind::IsADirectory.into())),
            Ok(_) if self.existing == Existing::Keep => Err(BackupError::Exists { file: self.path.clone() }),
            _ => Ok(()),
        }
    }

    fn refused(&self, source: io::Error) -> BackupError {
        BackupError::Write { file: self.path.clone(), source }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let _renamed_already = fs::remove_file(&self.unfinished);
    }
}
