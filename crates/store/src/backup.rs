//! Backups: everything that outlives the process, in one file.
//!
//! A backup is a tar.gz of
//! - `closecast-backup.json`: format, version of the program and of the schema, when it was made;
//! - `artifacts/<sha256>`: every artifact that a model version refers to;
//! - `tables/<table>/<number>.jsonl`: the rows, one JSON object a line, in pieces of some megabytes, by primary key;
//! - `manifest.json`: rows of each table, and size and SHA-256 of every entry before it. It comes last: a file without it is
//!   incomplete.
//!
//! A backup does not depend on the kind of database. All rows are read in one transaction and so are consistent, even while
//! others write. Artifacts never change, so they are read after the rows that refer to them.

mod archive;
mod content;
mod create;
mod error;
mod existing;
mod format;
mod limits;
mod output;
mod references;
mod restore;
mod row;
mod tables;

pub use self::{
    create::BackupSummary, error::BackupError, existing::Existing, format::MissingArtifact, restore::RestoreSummary,
};
