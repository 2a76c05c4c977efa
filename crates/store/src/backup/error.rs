//! Why a backup was not made or not restored.

use std::{io, path::PathBuf};

/// Why a backup was not made or not restored. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The backup cannot be written.
    #[error("the backup {} cannot be written: {source}", .file.display())]
    Write {
        /// File asked for.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is such a file.
    #[error("{} is there already: name another file, or add --force to replace it", .file.display())]
    Exists {
        /// File asked for.
        file: PathBuf,
    },
    /// The backup cannot be read.
    #[error("the backup {} cannot be read: {source}", .file.display())]
    Read {
        /// File asked for.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is no backup, or no longer the one that was made.
    #[error("{} cannot be restored: {reason}. Nothing was changed", .file.display())]
    Damaged {
        /// File asked for.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file holds more than a backup may.
    #[error("{} cannot be restored: it holds {what}, more than any backup. Nothing was changed", .file.display())]
    TooMuch {
        /// File asked for.
        file: PathBuf,
        /// What there is too much of.
        what: String,
    },
    /// Another version of the program made the backup, for another schema.
    #[error(
        "{} was made by closecast {code_version}, whose database is {age} than this program's: {remedy}. Nothing was changed",
        .file.display()
    )]
    Version {
        /// File asked for.
        file: PathBuf,
        /// Version that made it.
        code_version: String,
        /// `newer` or `older`.
        age: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A backup of a format that this version does not know.
    #[error(
        "{} has the backup format {format}, made by closecast {code_version}; this program knows {known}: restore it with that version. Nothing was changed",
        .file.display()
    )]
    Format {
        /// File asked for.
        file: PathBuf,
        /// Format of the file.
        format: u32,
        /// Format of this program.
        known: u32,
        /// Version that made it.
        code_version: String,
    },
    /// The installation is in use.
    #[error(
        "this installation is not empty (there are rows in {}): restore into another --data-dir or database, or add --replace to discard all that is stored here. Nothing was changed",
        .tables.join(", ")
    )]
    NotEmpty {
        /// Tables with rows.
        tables: Vec<&'static str>,
    },
    /// Something that ran beside the restoring ended.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}
