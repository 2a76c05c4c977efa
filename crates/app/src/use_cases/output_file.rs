//! A file that is written whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::{error::AppError, permissions};

/// A file under a temporary name beside its own, which it gets when it is complete. Made before long work begins, so that a
/// place that cannot be written is told then and not after; removed when it is not finished.
pub struct OutputFile {
    path: PathBuf,
    unfinished: PathBuf,
    finished: bool,
}

impl OutputFile {
    /// Makes sure that `path` can be written.
    ///
    /// # Errors
    /// [`AppError::Write`] names the file and what stands in the way.
    pub fn create(path: &Path) -> Result<Self, AppError> {
        let mut unfinished = OsString::from(path);
        unfinished.push(".part");
        let file = Self { path: path.to_owned(), unfinished: unfinished.into(), finished: false };
        if path.is_dir() {
            return Err(file.refused(io::ErrorKind::IsADirectory.into()));
        }
        File::create(&file.unfinished).map_err(|error| file.refused(error))?;
        Ok(file)
    }

    /// Writes the content and gives the file its name.
    ///
    /// # Errors
    /// [`AppError::Write`] names the file and what stands in the way.
    pub fn write(mut self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), AppError> {
        let written = || -> io::Result<()> {
            let mut writer = BufWriter::new(File::create(&self.unfinished)?);
            content(&mut writer)?;
            writer.flush()?;
            permissions::as_the_user_creates(writer.get_ref())?;
            fs::rename(&self.unfinished, &self.path)
        };
        written().map_err(|error| self.refused(error))?;
        self.finished = true;
        Ok(())
    }

    /// Writes `content` to `path`, whole or not at all.
    ///
    /// # Errors
    /// Those of [`create`](Self::create) and [`write`](Self::write).
    pub fn replace(path: &Path, content: &[u8]) -> Result<(), AppError> {
        Self::create(path)?.write(|file| file.write_all(content))
    }

    fn refused(&self, source: io::Error) -> AppError {
        AppError::Write { path: self.path.display().to_string(), source }
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if !self.finished {
            let _it_may_not_be_there = fs::remove_file(&self.unfinished);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_content_stays_until_the_new_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        fs::write(&path, "old").unwrap();
        let file = OutputFile::create(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let failed = OutputFile::create(&path).unwrap().write(|_| Err(io::ErrorKind::StorageFull.into()));
        assert!(matches!(failed, Err(AppError::Write { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.write(|writer| write!(writer, "new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        drop(OutputFile::create(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("nowhere").join("report.html"), folder.path().to_owned()] {
            let error = OutputFile::create(&path).map(drop).unwrap_err();
            assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
