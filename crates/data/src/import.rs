//! Bars out of files a person has: one entry point that recognises what the file is.
//!
//! [`read_path`] opens a file and [`read`] takes any byte stream (an upload). Both look at the first 64 KiB, tell a
//! B3 COTAHIST file from the dialects of CSV, and hand the stream to [`cotahist`] or
//! [`csv`](mod@crate::csv). The answer is a whole [`Import`] or one [`ImportError`]: nothing is half-imported.

use std::{
    collections::BTreeSet,
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
};

use closecast_domain::{PriceBasis, RawSeries, Symbol};

use crate::{
    cotahist,
    csv::{self, DateOrder, Dialect},
};

mod error;
mod head;
mod note;

pub use error::{FileError, ImportError, SymbolList};
pub(crate) use head::Head;
pub use note::{ImportNote, RowProblem};
pub(crate) use note::{Notes, excerpt};

/// What the caller knows about a file that the file itself may not say.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Symbol of the bars; in a file of several symbols, the one to take. Without it, the file must name its symbols.
    pub symbol: Option<Symbol>,
    /// Order of day and month in dates such as `03/04/2020`, for a file whose dates do not give it away.
    pub date_order: Option<DateOrder>,
    /// What the prices account for, where the dialect's own rule ([`Dialect::basis`]) is wrong for this file.
    pub basis: Option<PriceBasis>,
    /// Symbol for a file that names none, when `symbol` is not given either; usually [`symbol_from_file_name`].
    /// Unlike `symbol`, it does not select among the symbols that a file does name.
    pub fallback_symbol: Option<Symbol>,
    /// How much of a file is read before it is refused.
    pub limits: Limits,
}

impl ImportOptions {
    /// Returns options that name the symbol and leave the rest to the file.
    #[must_use]
    pub fn for_symbol(symbol: Symbol) -> Self {
        Self { symbol: Some(symbol), ..Self::default() }
    }
}

/// How much of a file is read before it is refused, so that garbage ends in a message and not in a full memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a CSV file.
    pub csv_bytes: u64,
    /// Bytes of a COTAHIST file. A year of B3 has about 700 MB, most of it options that are skipped.
    pub cotahist_bytes: u64,
    /// Bars kept in memory, over all symbols of the file.
    pub rows: usize,
    /// Symbols whose bars are kept. Of those that are not asked for, [`Limits::UNWANTED_PER_SYMBOL`] times as many may stand
    /// in the file.
    pub symbols: usize,
    /// Bytes of one line.
    pub line_bytes: usize,
    /// Unreadable rows one after the other.
    pub bad_rows_in_a_row: usize,
}

impl Limits {
    /// Symbols that a file may have beside the one that is asked for, for each of [`Limits::symbols`]: all shares of all
    /// exchanges are fewer than 100,000.
    pub const UNWANTED_PER_SYMBOL: usize = 20;

    /// Refuses a file with more symbols than are taken: `kept` whose bars are kept, `all` that were met.
    pub(crate) fn check_symbols(&self, kept: usize, all: usize) -> Result<(), ImportError> {
        for (found, limit) in [(kept, self.symbols), (all, self.symbols.saturating_mul(Self::UNWANTED_PER_SYMBOL))] {
            if found > limit {
                return Err(ImportError::TooManySymbols { limit });
            }
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            csv_bytes: 512 << 20,
            cotahist_bytes: 4 << 30,
            rows: 2_000_000,
            // They are stored in one transaction, which others wait for; PostgreSQL has a lock for each of them.
            symbols: 5_000,
            line_bytes: 64 << 10,
            bad_rows_in_a_row: 100,
        }
    }
}

/// What a file held.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Who wrote the file, as far as its header tells.
    pub dialect: Dialect,
    /// One series a symbol, in order of first appearance, each with at least one bar. Bars stand in the order of the
    /// file, but a file written newest first is turned round (see [`ImportNote::NewestFirst`]).
    pub series: Vec<RawSeries>,
    /// Everything worth telling about the reading, with line numbers.
    pub notes: Vec<ImportNote>,
}

impl Import {
    /// Returns the number of bars over all series.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.series.iter().map(|series| series.bars.len()).sum()
    }
}

/// Returns the bars of the file at `path`, whatever supported format it has.
///
/// # Errors
/// [`FileError`] names the path and says in one line why nothing was imported: it is missing, a directory, not
/// readable, compressed, binary, not a price file, changed while it was read, or any other [`ImportError`].
pub fn read_path(path: &Path, options: &ImportOptions) -> Result<Import, FileError> {
    read_file(path, options).map_err(|reason| FileError { path: path.to_owned(), reason: Box::new(reason) })
}

/// Returns the bars of a byte stream, whatever supported format it has.
///
/// # Errors
/// [`ImportError`] when the stream is no supported price file, or breaks off.
pub fn read(mut reader: impl Read, options: &ImportOptions) -> Result<Import, ImportError> {
    read_stream(&mut reader, options)
}

/// Returns the symbol that a file's name states: `AAPL.csv`, `PETR4.SA_data.csv`, Stooq's `aapl_us_d.csv`.
///
/// ```
/// use closecast_data::import::symbol_from_file_name;
/// let symbol = symbol_from_file_name("data/PETR4.SA_data.csv".as_ref()).unwrap();
/// assert_eq!(symbol.as_str(), "PETR4.SA");
/// ```
#[must_use]
pub fn symbol_from_file_name(path: &Path) -> Option<Symbol> {
    let name = path.file_name()?.to_str()?;
    let stem = strip_suffix_ignoring_case(name, &[".csv", ".txt", ".tsv"]);
    let stem = strip_suffix_ignoring_case(stem, &["_data", "_us_d", "_d"]);
    Symbol::new(stem).ok()
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffixes: &[&str]) -> &'a str {
    for suffix in suffixes {
        let Some(start) = text.len().checked_sub(suffix.len()) else { continue };
        if text.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(suffix)) {
            return &text[..start];
        }
    }
    text
}

fn read_stream(reader: &mut dyn Read, options: &ImportOptions) -> Result<Import, ImportError> {
    let head = Head::read(reader)?;
    let mut import = if cotahist::recognises(&head.bytes) {
        cotahist::read_after(head, reader, options)?
    } else {
        csv::read_after(head, reader, options)?
    };
    // While they grew, their capacity was doubled; they are kept until they are stored.
    import.series.iter_mut().for_each(|series| series.bars.shrink_to_fit());
    Ok(import)
}

fn read_file(path: &Path, options: &ImportOptions) -> Result<Import, ImportError> {
    let mut file = File::open(path).map_err(ImportError::from_open)?;
    let before = file.metadata().map_err(ImportError::Read)?;
    if before.is_dir() {
        return Err(ImportError::IsDirectory);
    }
    let import = read_stream(&mut file, options)?;
    if changed(&before, file.metadata()) {
        return Err(ImportError::ChangedWhileRead);
    }
    Ok(import)
}

/// A file that another program is still writing would be imported by half.
fn changed(before: &Metadata, after: io::Result<Metadata>) -> bool {
    let Ok(after) = after else { return true };
    before.is_file() && (before.len() != after.len() || before.modified().ok() != after.modified().ok())
}

/// Returns whether `found`, as a file writes it, is the symbol `wanted`: `PETR4` is `PETR4.SA`, `BRK.B` is `BRK-B`.
pub(crate) fn same_symbol(wanted: &Symbol, found: &Symbol) -> bool {
    let (wanted, found) = (wanted.as_str(), found.as_str());
    wanted == found
        || wanted.strip_suffix(".SA") == Some(found)
        || found.strip_suffix(".SA") == Some(wanted)
        || wanted.replace('.', "-") == found.replace('.', "-")
}

/// The symbols met in a file, kept for the message when the wanted one is not among them.
#[derive(Default)]
pub(crate) struct SymbolsSeen(BTreeSet<Symbol>);

impl SymbolsSeen {
    /// More are not worth remembering: the message names ten.
    const LIMIT: usize = 20_000;

    pub(crate) fn insert(&mut self, symbol: &Symbol) {
        if self.0.len() < Self::LIMIT && !self.0.contains(symbol) {
            self.0.insert(symbol.clone());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn missing(&self, wanted: &Symbol) -> ImportError {
        ImportError::SymbolNotInFile { wanted: wanted.clone(), found: SymbolList(self.0.iter().cloned().collect()) }
    }
}
