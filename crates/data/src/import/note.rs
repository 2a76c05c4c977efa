//! Observations about the reading of a file.

use std::fmt;

use closecast_domain::Symbol;

/// Why a row is unusable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowProblem {
    /// The row has another number of cells than the header: it is truncated, or a number contains a separator.
    CellCount {
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        expected: usize,
    },
    /// The date cell holds no date.
    Date,
    /// The symbol cell holds no symbol.
    Symbol,
    /// The date is valid, but no price cell holds a number or a missing mark.
    Prices,
    /// A record that does not follow the COTAHIST layout.
    Record,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CellCount { found, expected } => write!(f, "{found} cells where the header has {expected}"),
            Self::Date => f.write_str("no date"),
            Self::Symbol => f.write_str("no symbol"),
            Self::Prices => f.write_str("no price"),
            Self::Record => f.write_str("not a COTAHIST record of 245 characters"),
        }
    }
}

/// One observation. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportNote {
    /// The file names no symbol; [`ImportOptions::fallback_symbol`](super::ImportOptions) was used.
    SymbolAssumed {
        /// The symbol used.
        symbol: Symbol,
    },
    /// The file is written newest first; its bars were reversed.
    NewestFirst,
    /// Rows with a date and no prices. They are delivered as bars without prices.
    NullRows {
        /// Number of rows.
        count: usize,
        /// Line of the first.
        first_line: usize,
    },
    /// A skipped row.
    RowSkipped {
        /// Line of the row.
        line: usize,
        /// Why.
        problem: RowProblem,
        /// The row's beginning.
        text: String,
    },
    /// An unreadable cell of a row that was used; its value is missing.
    CellUnreadable {
        /// Line of the cell.
        line: usize,
        /// Header of the column.
        column: String,
        /// Content of the cell.
        text: String,
    },
    /// A message of the provider between rows, which were kept.
    ErrorBody {
        /// First line of the message.
        first_line: usize,
        /// Last line of the message.
        last_line: usize,
        /// The message.
        message: String,
    },
    /// A repeated header, as in concatenated files.
    HeaderRepeated {
        /// Line of the repetition.
        line: usize,
    },
    /// Columns without a known field.
    ColumnsIgnored {
        /// Their headers.
        names: Vec<String>,
    },
    /// Records of other markets (options, odd lots, forwards) that a COTAHIST file holds beside the round lots.
    OtherMarkets {
        /// Number of records.
        count: usize,
    },
    /// The COTAHIST trailer states another number of records than the file has: the file is truncated.
    TrailerCount {
        /// Records the trailer states.
        stated: u64,
        /// Records found.
        found: u64,
    },
    /// The COTAHIST file has no trailer: its end may be missing.
    TrailerMissing,
    /// Further notes were dropped.
    Further {
        /// Number of dropped notes.
        count: usize,
    },
}

/// Maximum number of columns that a note names: a header may have thousands.
const COLUMNS_NAMED: usize = 10;

impl fmt::Display for ImportNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SymbolAssumed { symbol } => write!(f, "the file names no symbol; {symbol} is assumed"),
            Self::NewestFirst => f.write_str("written newest first; reversed"),
            Self::NullRows { count, first_line } => {
                write!(f, "{count} rows without prices, first on line {first_line}")
            }
            Self::RowSkipped { line, problem, text } => write!(f, "line {line} skipped, {problem}: {text:?}"),
            Self::CellUnreadable { line, column, text } => write!(f, "line {line}, {column}: {text:?} is not a number"),
            Self::ErrorBody { first_line, last_line, message } if first_line == last_line => {
                write!(f, "line {first_line} is a message of the provider: {message:?}")
            }
            Self::ErrorBody { first_line, last_line, message } => {
                write!(f, "lines {first_line} to {last_line} are a message of the provider: {message:?}")
            }
            Self::HeaderRepeated { line } => write!(f, "header repeated on line {line}"),
            Self::ColumnsIgnored { names } => {
                let (named, others) = names.split_at(names.len().min(COLUMNS_NAMED));
                write!(f, "columns ignored: {}", named.join(", "))?;
                if others.is_empty() { Ok(()) } else { write!(f, " and {} more", others.len()) }
            }
            Self::OtherMarkets { count } => write!(f, "{count} records of other markets skipped"),
            Self::TrailerCount { stated, found } => {
                write!(f, "the trailer states {stated} records, the file has {found}: it is truncated")
            }
            Self::TrailerMissing => f.write_str("no trailer record: the end of the file may be missing"),
            Self::Further { count } => write!(f, "and {count} further notes"),
        }
    }
}

/// A bounded list of notes: garbage must not produce a million messages.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    kept: Vec<ImportNote>,
    left_out: usize,
}

impl Notes {
    const LIMIT: usize = 50;
    const TEXT_LENGTH: usize = 80;

    /// Adds `note`, or counts it beyond the limit.
    pub(crate) fn push(&mut self, note: ImportNote) {
        if self.kept.len() < Self::LIMIT {
            self.kept.push(note);
        } else {
            self.left_out += 1;
        }
    }

    /// Returns the notes; the last one states how many were dropped.
    #[must_use]
    pub(crate) fn finish(mut self) -> Vec<ImportNote> {
        if self.left_out > 0 {
            self.kept.push(ImportNote::Further { count: self.left_out });
        }
        self.kept
    }
}

/// Returns the beginning of `text` for a message.
pub(crate) fn excerpt(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(Notes::TEXT_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
