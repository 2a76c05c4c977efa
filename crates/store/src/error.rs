//! Errors of the store, worded for the person who runs it.

use closecast_domain::Symbol;

use crate::{
    BackupError, BlobError,
    database_error::{Refusal, fault, is_transient, refusal},
    database_file::FileFault,
};

/// What can go wrong when something is kept or read back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data folder cannot be made or written.
    #[error("the data folder {path:?} cannot be used: {source}. Choose another with --data-dir or CLOSECAST_DATA_DIR")]
    Folder {
        /// Folder as given.
        path: std::path::PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The database could not be opened, read or written.
    #[error("database: {0}")]
    Database(#[source] sea_orm::DbErr),
    /// The disk of the database has no room left.
    #[error("the disk of the database is full, and nothing was changed: make room, then do it again ({0})")]
    Full(#[source] sea_orm::DbErr),
    /// The disk has no room for the copy of the database that is made before an upgrade.
    #[error(
        "before its schema is changed the database is copied, and the disk has no room for the copy of {needed_bytes} bytes in {folder:?}. Nothing was changed: make room, then do it again"
    )]
    NoRoomForCopy {
        /// Folder of the database.
        folder: std::path::PathBuf,
        /// Size of the database.
        needed_bytes: u64,
    },
    /// The schema has steps that this program does not know.
    #[error(
        "the database was written by a newer version of closecast, and nothing was changed: use that version, or put a copy from          before its upgrade (closecast.db.before-…) or a backup in the place of the database"
    )]
    NewerSchema,
    /// Another program kept the database locked for longer than a writer waits.
    #[error(
        "another program keeps the database locked, and nothing was changed: see which one writes for so long ({0})"
    )]
    Busy(#[source] sea_orm::DbErr),
    /// The file of the database was deleted, moved or replaced while the program ran: what is written into it is lost.
    #[error(
        "the database file {path:?} {reason} while the program was running, and nothing was kept: stop the program, put the file back or restore a backup, and start the program again"
    )]
    Replaced {
        /// File that was opened.
        path: std::path::PathBuf,
        /// What happened to it.
        reason: String,
    },
    /// The file of the database was cut off or overwritten.
    #[error(
        "the database file is damaged ({reason}): stop the program, keep a copy of the file, and restore a backup into a new data folder with `closecast restore`"
    )]
    Damaged {
        /// What was found.
        reason: String,
    },
    /// The place of the artifacts is set wrongly, or could not be read or written.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// No artifact of that hash.
    #[error("the artifact {sha256} is missing: restore it from a backup or train the model again")]
    BlobMissing {
        /// Hash asked for.
        sha256: String,
    },
    /// An artifact whose bytes do not match its name.
    #[error(
        "the artifact {expected} is damaged: its bytes have the hash {actual}. Restore it from a backup or train the model again"
    )]
    BlobDamaged {
        /// Hash it was stored under.
        expected: String,
        /// Hash of the bytes found.
        actual: String,
    },
    /// An artifact with more bytes than are read.
    #[error(
        "the artifact {sha256} has {size} bytes, but at most {most} are read: it is not what was stored, or there is too little memory \
         for it; restore it from a backup, or raise the setting memory"
    )]
    BlobSize {
        /// Hash it is stored under.
        sha256: String,
        /// Bytes that there are, or that were announced.
        size: u64,
        /// Bytes that may be read.
        most: u64,
    },
    /// A row holds something that this version cannot read.
    #[error("the {table} row {key} cannot be read: {reason}")]
    Row {
        /// Table.
        table: &'static str,
        /// Key of the row.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The address of the database is not one.
    #[error("the address of the database is not valid: {0}")]
    Address(String),
    /// A database server does not let anybody in.
    #[error(
        "the database {address} cannot be used: {reason}. Check DATABASE_URL, and that the server runs and has that database"
    )]
    Unreachable {
        /// Address, without user and password.
        address: String,
        /// What was said.
        reason: String,
    },
    /// A worker lost its job: it was silent for too long and another took over, or the job was ended.
    #[error("the job is no longer this worker's: another has taken it over, or it has ended")]
    LeaseLost,
    /// There is no such version.
    #[error("there is no version {version} of the model {name:?}: see `closecast models list`")]
    NoVersion {
        /// Model.
        name: String,
        /// Version asked for.
        version: u64,
    },
    /// Another version went into service in the meantime.
    #[error("another version of {name:?} went into service in the meantime: compare again")]
    ChampionChanged {
        /// Model.
        name: String,
    },
    /// There is nothing to go back to.
    #[error("the model {name:?} has had no other version in service before this one: there is nothing to go back to")]
    NoEarlierChampion {
        /// Model.
        name: String,
    },
    /// A backup was not made or not restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Another key was made first.
    #[error(
        "there is a key already, made by another request: send one of an admin as `Authorization: Bearer KEY` or `X-API-Key: KEY`"
    )]
    NotFirstKey,
    /// The first key of all was to be of another role.
    #[error(
        "role: the first key must be that of an admin, who can make the others, and not of {0:?}: make one of the role admin first"
    )]
    FirstKeyRole(String),
    /// A series without one bar was to be stored.
    #[error("there is no bar of {0} to store")]
    NoBars(Symbol),
}

/// How sea-orm-migration begins what it says of a step in the bookkeeping table that it does not know.
const UNKNOWN_STEP: &str = "Migration file of version";

impl From<sea_orm::DbErr> for StoreError {
    fn from(error: sea_orm::DbErr) -> Self {
        if let Some(found) = fault(&error) {
            return found.clone().into();
        }
        if matches!(&error, sea_orm::DbErr::Custom(text) if text.starts_with(UNKNOWN_STEP)) {
            return Self::NewerSchema;
        }
        match refusal(&error) {
            Some(Refusal::Full) => Self::Full(error),
            Some(Refusal::Busy) => Self::Busy(error),
            Some(Refusal::Damaged) => Self::Damaged { reason: error.to_string() },
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
    /// Returns whether the same may work later: the database or the artifact store does not answer, or is busy.
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
