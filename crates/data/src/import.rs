//! Imports bars from files, detecting the format.
//!
//! [`read_path`] opens a file and [`read`] takes any byte stream (an upload). Both inspect the first 64 KiB,
//! distinguish B3's COTAHIST from CSV dialects, and pass the stream to [`cotahist`](crate::cotahist) or
//! [`csv`](mod@crate::csv). The result is a complete [`Import`] or one [`ImportError`]: imports are atomic.

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
    symbols::{SymbolsFound, same_symbol},
};
