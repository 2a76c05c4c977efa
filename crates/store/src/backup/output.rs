//! A backup's file: it appears whole, or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{BackupError, Existing};

/// The file of a backup under a temporary name beside its own; removed unless it is finished.
pub(super) struct Output {
    path: PathBuf,
    unfinished: PathBuf,
    existing: Existing,
}

impl Output {
    /// Makes the temporary file, which only its owner can read.
    ///
    /// # Errors
    /// [`BackupError::Exists`] and [`BackupError::Write`].
    pub(super) fn create(path: &Path, existing: Existing) -> Result<(Self, File), BackupError> {
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}.part", Uuid::now_v7().simple()));
        let output = Self { path: path.to_owned(), unfinished: unfinished.into(), existing };
        output.check()?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&output.unfinished).map_err(|source| output.refused(source))?;
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
            File::open(self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
                .sync_all()?;
            Ok(size)
        };
        named().map_err(|source| self.refused(source))
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
