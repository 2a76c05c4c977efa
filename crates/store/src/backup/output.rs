//! A backup's file: it appears whole, or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{error::BackupError, existing::Existing};
use crate::{private, unfinished_files};

/// The file of a backup under a temporary name beside its own; removed unless it is finished.
pub(super) struct Output {
    path: PathBuf,
    unfinished: PathBuf,
    existing: Existing,
}

impl Output {
    /// Makes the temporary file, which only its owner can read, and removes those of killed programs.
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

    /// Gives the complete file its name once it is on the disk, and returns its size.
    ///
    /// # Errors
    /// [`BackupError::Exists`] and [`BackupError::Write`].
    pub(super) fn finish(self, written: File) -> Result<u64, BackupError> {
        // A long time may have passed.
        self.check()?;
        let named = || -> io::Result<u64> {
            written.sync_all()?;
            let size = written.metadata()?.len();
            drop(written);
            fs::rename(&self.unfinished, &self.path)?;
            // The name is in the folder, which has to reach the disk too.
            #[cfg(unix)]
            File::open(self.folder())?.sync_all()?;
            Ok(size)
        };
        named().map_err(|source| self.refused(source))
    }

    /// That some could not be removed does not prevent a backup.
    fn remove_abandoned(&self, now: DateTime<Utc>) {
        for path in unfinished_files(self.folder(), now).unwrap_or_default() {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "an unfinished file of a killed program cannot be removed");
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
        let _it_has_its_own_name_by_now = fs::remove_file(&self.unfinished);
    }
}
