//! Errors of the store, worded for operators.

use closecast_domain::Symbol;

use crate::{
    BackupError, BlobError,
    database_error::{FailureCause, failure_cause, file_fault, is_transient},
    database_file::FileFault,
};

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data folder cannot be created or written.
    #[error("the data folder {path:?} cannot be used: {source}. Choose another with --data-dir or CLOSECAST_DATA_DIR")]
    Folder {
        /// The folder.
        path: std::path::PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The database could not be opened, read or written.
    #[error("database: {0}")]
    Database(#[source] sea_orm::DbErr),
    /// The disk of the database is full.
    #[error("the disk of the database is full, and nothing was changed: free some space and try again ({0})")]
    Full(#[source] sea_orm::DbErr),
    /// The disk has no space for the copy of the database that precedes an upgrade.
    #[error(
        "before its schema is changed the database is copied, and the disk has no space for the copy of {needed_bytes} bytes in {folder:?}. Nothing was changed: free some space and try again"
    )]
    NoRoomForCopy {
        /// Folder of the database.
        folder: std::path::PathBuf,
        /// Size of the database.
        needed_bytes: u64,
    },
    /// The schema has migrations that this program does not know.
    #[error(
        "the database was written by a newer version of closecast, and nothing was changed: use that version, or put a copy from before its upgrade (closecast.db.before-…) or a backup in its place"
    )]
    NewerSchema,
    /// Another program held the lock of the database beyond the busy timeout.
    #[error(
        "another program keeps the database locked, and nothing was changed: find the program that writes for so long ({0})"
    )]
    Busy(#[source] sea_orm::DbErr),
    /// The database file was deleted, moved or replaced while the program ran: writes to it are lost.
    #[error(
        "the database file {path:?} {reason} while the program was running, and nothing was stored: stop the program, put the file back or restore a backup, and start the program again"
    )]
    Replaced {
        /// Path of the file.
        path: std::path::PathBuf,
        /// What happened to it.
        reason: String,
    },
    /// The database file was truncated or overwritten.
    #[error(
        "the database file is damaged ({reason}): stop the program, keep a copy of the file, and restore a backup into a new data folder with `closecast restore`"
    )]
    Damaged {
        /// Details.
        reason: String,
    },
    /// The artifact storage is misconfigured, or cannot be read or written.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The artifact does not exist.
    #[error("the artifact {sha256} is missing: restore it from a backup or train the model again")]
    BlobMissing {
        /// Hash of the artifact.
        sha256: String,
    },
    /// The bytes of an artifact do not match its hash.
    #[error(
        "the artifact {expected} is damaged: its bytes have the hash {actual}. Restore it from a backup or train the model again"
    )]
    BlobDamaged {
        /// Hash under which it was stored.
        expected: String,
        /// Hash of the bytes found.
        actual: String,
    },
    /// The artifact exceeds the maximum size.
    #[error(
        "the artifact {sha256} has {size} bytes, but at most {max_bytes} are read: it is not what was stored, or there is too little memory \
         for it; restore it from a backup, or raise the setting memory"
    )]
    BlobSize {
        /// Hash under which it is stored.
        sha256: String,
        /// Size found or announced.
        size: u64,
        /// Maximum size.
        max_bytes: u64,
    },
    /// A row cannot be parsed.
    #[error("the {table} row {key} cannot be read: {reason}")]
    Row {
        /// Table.
        table: &'static str,
        /// Key of the row.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The database URL is invalid.
    #[error("the address of the database is not valid: {0}")]
    Address(String),
    /// The database server is unreachable or rejects the connection.
    #[error(
        "the database {address} cannot be used: {reason}. Check DATABASE_URL, and that the server runs and has that database"
    )]
    Unreachable {
        /// Address, without user and password.
        address: String,
        /// Cause.
        reason: String,
    },
    /// A worker lost its job: it sent no heartbeat for too long and another took over, or the job ended.
    #[error("the job is no longer this worker's: another has taken it over, or it has ended")]
    LeaseLost,
    /// The version does not exist.
    #[error("there is no version {version} of the model {name:?}: see `closecast models list`")]
    NoVersion {
        /// Model.
        name: String,
        /// Requested version.
        version: u64,
    },
    /// Another version became champion in the meantime.
    #[error("another version of {name:?} went into service in the meantime: compare again")]
    ChampionChanged {
        /// Model.
        name: String,
    },
    /// There is no previous champion.
    #[error("the model {name:?} has had no other version in service before this one: there is nothing to go back to")]
    NoEarlierChampion {
        /// Model.
        name: String,
    },
    /// A backup was not created or not restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Another request created the first key.
    #[error(
        "another request has created a key already: send one of an admin as `Authorization: Bearer KEY` or `X-API-Key: KEY`"
    )]
    NotFirstKey,
    /// The first key must be an admin key.
    #[error(
        "role: the first key must have the role admin, which can create the others, not {0:?}: create an admin key first"
    )]
    FirstKeyRole(String),
    /// The series has no bars.
    #[error("there is no bar of {0} to store")]
    NoBars(Symbol),
}

/// Start of the error of sea-orm-migration for an unknown migration in its bookkeeping table.
const UNKNOWN_STEP: &str = "Migration file of version";

impl From<sea_orm::DbErr> for StoreError {
    fn from(error: sea_orm::DbErr) -> Self {
        if let Some(found) = file_fault(&error) {
            return found.clone().into();
        }
        if matches!(&error, sea_orm::DbErr::Custom(text) if text.starts_with(UNKNOWN_STEP)) {
            return Self::NewerSchema;
        }
        match failure_cause(&error) {
            Some(FailureCause::DiskFull) => Self::Full(error),
            Some(FailureCause::Locked) => Self::Busy(error),
            Some(FailureCause::Corrupt) => Self::Damaged { reason: error.to_string() },
            None => Self::Database(error),
        }
    }
}

impl From<FileFault> for StoreError {
    fn from(fault: FileFault) -> Self {
        match fault {
            FileFault::Replaced { path, reason } => Self::Replaced { path, reason },
            FileFault::Truncated { reason } | FileFault::Overwritten { reason } => Self::Damaged { reason },
        }
    }
}

impl StoreError {
    /// Returns whether the operation may succeed later: the database or the artifact storage does not respond or is
    /// busy.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy(_) => true,
            Self::Database(error) => is_transient(error),
            Self::Blob(error) => error.is_transient(),
            _ => false,
        }
    }
}
