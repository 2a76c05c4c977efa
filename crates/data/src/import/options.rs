//! What the caller knows about a file, and how much of it is read.

use closecast_domain::{PriceBasis, Symbol};

use super::error::ImportError;
use crate::csv::DateOrder;

/// What the caller knows about a file that the file itself may not say.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Symbol of the bars; in a file of several symbols, the one to take. Without it, the file must name its symbols.
    pub symbol: Option<Symbol>,
    /// Order of day and month in dates such as `03/04/2020`, for a file whose dates do not give it away.
    pub date_order: Option<DateOrder>,
    /// What the prices account for, where the dialect's own rule ([`Dialect::basis`](crate::csv::Dialect::basis)) is wrong for this file.
    pub basis: Option<PriceBasis>,
    /// Symbol for a file that names none, when `symbol` is not given either; usually
    /// [`symbol_from_file_name`](super::symbol_from_file_name).
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
