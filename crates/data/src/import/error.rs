//! Import errors, in one line that a user can act on.

use std::{fmt, io, path::PathBuf};

use closecast_domain::Symbol;

use super::note::RowProblem;

/// Why the file at `path` was not imported.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    #[source]
    pub reason: Box<ImportError>,
}

/// Why a stream was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file does not exist.
    #[error("no such file")]
    NotFound,
    /// The path is a directory.
    #[error("is a directory; give one of the files in it")]
    IsDirectory,
    /// The file is not readable.
    #[error("permission denied; make the file readable for this user")]
    PermissionDenied,
    /// The stream was interrupted.
    #[error("could not be read: {0}")]
    Read(#[source] io::Error),
    /// The file changed while it was read.
    #[error("the file changed while it was read; import it again once it is complete")]
    ChangedWhileRead,
    /// The file is empty or white space.
    #[error("the file is empty")]
    Empty,
    /// The file has a header and no rows.
    #[error("the file has a header and no rows")]
    HeaderOnly,
    /// An archive, workbook or other format.
    #[error("this is {kind}, not a CSV file; {remedy}")]
    ForeignFormat {
        /// What it is.
        kind: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The file is binary.
    #[error("this is a binary file, not a CSV file (a zero byte at position {position})")]
    Binary {
        /// Position of the first zero byte.
        position: usize,
    },
    /// The file is a saved message of the provider.
    #[error("the file holds no prices but a message of the provider: {message:?}; download it again")]
    ProviderMessage {
        /// The message.
        message: String,
    },
    /// JSON without a known error.
    #[error("this is a JSON document, not a CSV file; write its prices as CSV first")]
    Json,
    /// No line names a price column.
    #[error(
        "no header with a date and a price column in the first lines, which begin with {first_line:?}; \
         expected one such as Date,Open,High,Low,Close,Adj Close,Volume"
    )]
    NoHeader {
        /// Beginning of the first line.
        first_line: String,
    },
    /// A header without a date or closing price.
    #[error("the header {header:?} has no column for the {missing}")]
    MissingColumn {
        /// `date` or `closing price`.
        missing: &'static str,
        /// Beginning of the header line.
        header: String,
    },
    /// No row is usable.
    #[error("none of the {rows} rows could be used; the first, line {line}, has {problem}: {text:?}")]
    NoUsableRow {
        /// Number of rows.
        rows: usize,
        /// Line of the first.
        line: usize,
        /// What is wrong with it.
        problem: RowProblem,
        /// Its beginning.
        text: String,
    },
    /// The wanted symbol has no prices.
    #[error("no row of the file has a price of that symbol")]
    NoPrices,
    /// A line longer than any row of prices.
    #[error("line {line} is longer than {limit} bytes; this is not a price file")]
    LineTooLong {
        /// Line.
        line: usize,
        /// Limit in bytes.
        limit: usize,
    },
    /// More than a fifth of the rows, or too many in a row, are unreadable.
    #[error("{count} unreadable rows up to line {line}, the last with {problem}: {text:?}; this is not a price file")]
    TooManyBadRows {
        /// Unreadable rows.
        count: usize,
        /// Line of the last.
        line: usize,
        /// What is wrong with it.
        problem: RowProblem,
        /// Its beginning.
        text: String,
    },
    /// The file exceeds the maximum number of bars.
    #[error("more than {limit} rows; split the file, or name one symbol of it")]
    TooManyRows {
        /// Limit.
        limit: usize,
    },
    /// The file has more bars than fit into memory.
    #[error(
        "more than {limit} rows, which are all that fit into the {megabytes} MB of memory that the program may use; split the file, \
         name one symbol of it, or give the program more memory (--memory)"
    )]
    NotEnoughMemory {
        /// Maximum number of rows.
        limit: usize,
        /// Memory that the program may use, in millions of bytes.
        megabytes: u64,
    },
    /// The file exceeds the maximum number of symbols.
    #[error("more than {limit} symbols; split the file, or name one symbol of it")]
    TooManySymbols {
        /// Limit.
        limit: usize,
    },
    /// The file exceeds the maximum size.
    #[error("larger than {limit} bytes; split the file")]
    TooLarge {
        /// Limit in bytes.
        limit: u64,
    },
    /// Dates such as 03/04/2020 are ambiguous.
    #[error(
        "the dates, such as {example:?} on line {line}, can be read day first and month first; \
         give the date order (day-first or month-first)"
    )]
    AmbiguousDates {
        /// A date of the file.
        example: String,
        /// Its line.
        line: usize,
    },
    /// Day-first and month-first dates in one file.
    #[error("line {day_first} has its date day first, line {month_first} month first; write all dates as YYYY-MM-DD")]
    MixedDateOrders {
        /// Line of a date that can only be day first.
        day_first: usize,
        /// Line of a date that can only be month first.
        month_first: usize,
    },
    /// A date does not exist in the requested order.
    #[error("the date {example:?} on line {line} is written {wrong}")]
    DateOrderContradicted {
        /// The date.
        example: String,
        /// Its line.
        line: usize,
        /// Actual and requested order.
        wrong: &'static str,
    },
    /// The file has several bars per day.
    #[error("several bars a day from line {line} on; daily bars are needed")]
    Intraday {
        /// Line of the first second bar of a day.
        line: usize,
    },
    /// Neither the caller nor the file names the symbol.
    #[error("the file does not name its symbol; name it, for example --symbol AAPL")]
    NoSymbol,
    /// The wanted symbol is not in the file.
    #[error("{wanted} is not in the file, which holds {found}")]
    SymbolNotInFile {
        /// Requested symbol.
        wanted: Symbol,
        /// Symbols of the file.
        found: SymbolList,
    },
    /// A well-formed COTAHIST file without a record of the round-lot cash market.
    #[error("the COTAHIST file has {records} records and none of the round-lot cash market (CODBDI 02, TPMERC 010)")]
    NoRoundLots {
        /// Records read.
        records: u64,
    },
}

impl ImportError {
    /// Returns the error of a file that cannot be opened.
    pub(crate) fn from_open(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            io::ErrorKind::IsADirectory => Self::IsDirectory,
            _ => Self::Read(error),
        }
    }
}

/// Symbols for a message: the first ten and the number of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolList(pub Vec<Symbol>);

impl fmt::Display for SymbolList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        if self.0.is_empty() {
            return f.write_str("no symbols");
        }
        for (i, symbol) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{symbol}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
