//! Copies of an SQLite database, made beside it before a migration.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use closecast_domain::{Clock as _, SystemClock};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, Statement};

use crate::{StoreError, private};

/// Number of copies kept.
const MAX_COPIES: usize = 2;

/// Separates the name of the database from the rest of the name of a copy.
const MARK: &str = "before-";

/// Suffix of an incomplete copy.
const UNFINISHED: &str = ".part";

/// A copy of the database, made before an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeCopy {
    /// Its path.
    pub path: PathBuf,
    /// Size of the file.
    pub size_bytes: u64,
}

/// Returns the copies of the database in `file` that were made before upgrades, newest first.
///
/// # Errors
/// [`StoreError::Folder`] when the folder of the database cannot be read.
pub(crate) fn upgrade_copies(file: &Path) -> Result<Vec<UpgradeCopy>, StoreError> {
    let found = finished(file).map_err(|source| unusable(file, source))?;
    Ok(found.into_iter().map(|(path, size_bytes)| UpgradeCopy { path, size_bytes }).collect())
}

/// Copies the database to `NAME.before-VERSION-TIME` beside it, and removes older copies and those left by killed
/// programs. Call it under the lock of the migration: no other program makes a copy then.
///
/// # Errors
/// [`StoreError::NoRoomForCopy`] when the disk is full, [`StoreError::Database`] when the database cannot be read, and
/// [`StoreError::Folder`] when the copy cannot be written for another reason.
pub(super) async fn make(database: &DatabaseConnection, file: &Path) -> Result<PathBuf, StoreError> {
    let failed = |source| unusable(file, source);
    for unfinished in all(file).map_err(failed)?.into_iter().filter(|path| is_unfinished(path)) {
        fs::remove_file(unfinished).map_err(failed)?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("{MARK}{version}-{}", SystemClock.now().format("%Y%m%dT%H%M%S%3fZ"));
    let path = beside(file, &name);
    let unfinished = beside(file, &format!("{name}{UNFINISHED}"));
    let copied = copy(database, file, &unfinished).await.and_then(|()| finish(&unfinished, &path).map_err(failed));
    if let Err(error) = copied {
        _ = fs::remove_file(&unfinished);
        _ = fs::remove_file(beside(file, &format!("{name}{UNFINISHED}-journal")));
        return Err(no_room(error, database, file).await);
    }
    for (old, _size) in finished(file).map_err(failed)?.into_iter().skip(MAX_COPIES) {
        fs::remove_file(old).map_err(failed)?;
    }
    tracing::info!(copy = %path.display(), "the database was copied before its schema is changed");
    Ok(path)
}

async fn copy(database: &DatabaseConnection, file: &Path, unfinished: &Path) -> Result<(), StoreError> {
    // SQLite accepts an empty file and keeps its mode.
    private::open_file(OpenOptions::new().write(true).create_new(true), unfinished)
        .map_err(|source| unusable(file, source))?;
    let target = unfinished.to_str().ok_or_else(|| {
        unusable(file, io::Error::new(io::ErrorKind::InvalidFilename, "the path of the database is not UTF-8"))
    })?;
    let vacuum = Statement::from_sql_and_values(DatabaseBackend::Sqlite, "VACUUM INTO ?", [target.into()]);
    database.execute_raw(vacuum).await?;
    Ok(())
}

/// Syncs the copy and renames it to its final name.
fn finish(unfinished: &Path, path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(unfinished)?.sync_all()?;
    fs::rename(unfinished, path)?;
    #[cfg(unix)]
    File::open(folder_of(path))?.sync_all()?;
    Ok(())
}

/// Translates the error if the disk is full.
async fn no_room(error: StoreError, database: &DatabaseConnection, file: &Path) -> StoreError {
    let is_full = match &error {
        StoreError::Full(_) => true,
        StoreError::Folder { source, .. } => {
            matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        }
        _ => false,
    };
    if !is_full {
        return error;
    }
    let sql = "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size";
    let size = database.query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, sql)).await.ok().flatten();
    let needed_bytes = size.and_then(|row| row.try_get::<i64>("", "bytes").ok()).unwrap_or_default().unsigned_abs();
    StoreError::NoRoomForCopy { folder: folder_of(file).to_owned(), needed_bytes }
}

/// Returns the complete copies, newest first, with their sizes.
fn finished(file: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for path in all(file)?.into_iter().filter(|path| !is_unfinished(path)) {
        let metadata = fs::metadata(&path)?;
        found.push((metadata.modified()?, path, metadata.len()));
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(_modified, path, size)| (path, size)).collect())
}

/// Returns all copies beside `file`, complete or not.
fn all(file: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = beside(file, MARK);
    let prefix = prefix.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder_of(file))? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)) && path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}

/// Returns whether the file is an incomplete copy, or the journal of one.
fn is_unfinished(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(UNFINISHED))
}

fn beside(file: &Path, mark: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(mark);
    path.into()
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unusable(file: &Path, source: io::Error) -> StoreError {
    StoreError::Folder { path: folder_of(file).to_owned(), source }
}
