//! Backups: everything that outlives the process, in one file.
//!
//! A backup is a tar.gz of
//! - `closecast-backup.json`: format, version of the program and of the schema, when it was made;
//! - `artifacts/<sha256>`: every artifact that a model version refers to;
//! - `tables/<table>/<number>.jsonl`: the rows, one JSON object a line, in pieces of some megabytes, by primary key;
//! - `manifest.json`: rows of each table, and size and SHA-256 of every entry before it. It comes last: a file without it is
//!   not whole.
//!
//! Nothing in it depends on the database it was made from. The rows are those of one moment, whatever is written meanwhile:
//! they are read in one transaction. Artifacts never change, so those that the rows refer to may be read afterwards.

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
