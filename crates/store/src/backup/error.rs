//! Errors of backup and restore.

use std::{io, path::PathBuf};

/// Why a backup was not created or restored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The backup cannot be written.
    #[error("the backup {} cannot be written: {source}", .file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file exists already.
    #[error("{} exists already: name another file, or add --force to replace it", .file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// The backup cannot be read.
    #[error("the backup {} cannot be read: {source}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file is not a backup, or was modified.
    #[error("{} cannot be restored: {reason}. Nothing was changed", .file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file exceeds a limit of backups.
    #[error("{} cannot be restored: it holds {what}, more than any backup has. Nothing was changed", .file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The limit that is exceeded.
        what: String,
    },
    /// The backup was made by a version of the program with another schema.
    #[error(
        "{} was made by closecast {code_version}, whose database is {age} than this program's: {remedy}. Nothing was changed",
        .file.display()
    )]
    Version {
        /// The file.
        file: PathBuf,
        /// Version that made it.
        code_version: String,
        /// `newer` or `older`.
        age: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The backup has a format that this version does not support.
    #[error(
        "{} has the backup format {format}, made by closecast {code_version}; this program knows {known}: restore it with that version. Nothing was changed",
        .file.display()
    )]
    Format {
        /// The file.
        file: PathBuf,
        /// Format of the file.
        format: u32,
        /// Format of this program.
        known: u32,
        /// Version that made it.
        code_version: String,
    },
    /// The installation is not empty.
    #[error(
        "this installation is not empty (there are rows in {}): restore into another --data-dir or database, or add --replace to discard all that is stored here. Nothing was changed",
        .tables.join(", ")
    )]
    NotEmpty {
        /// Tables with rows.
        tables: Vec<&'static str>,
    },
    /// A background task of the restore failed.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}
