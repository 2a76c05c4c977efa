//! Bars out of files a person has: one entry point that recognises what the file is.
//!
//! [`read_path`] opens a file and [`read`] takes any byte stream (an upload). Both look at the first 64 KiB, tell a
//! B3 COTAHIST file from the dialects of CSV, and hand the stream to [`cotahist`] or
//! [`csv`](mod@crate::csv). The answer is a whole [`Import`] or one [`ImportError`]: nothing is half-imported.

mod error;
mod head;
mod note;
mod options;
mod outcome;
mod read;
mod symbols;

pub use self::{
    error::{FileError, ImportError, SymbolList},
    note::{ImportNote, RowProblem},
    options::{ImportOptions, Limits},
    outcome::Import,
    read::{read, read_path},
    symbols::symbol_from_file_name,
};
pub(crate) use self::{
    head::Head,
    note::{Notes, excerpt},
    symbols::{SymbolsSeen, same_symbol},
};
