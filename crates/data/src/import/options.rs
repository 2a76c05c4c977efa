//! Import options and limits.

use closecast_domain::{PriceBasis, Symbol};

use super::error::ImportError;
use crate::csv::DateOrder;

/// What the caller knows about a file that the file may not state.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Symbol of the bars; selects one in a file of several symbols. Without it, the file must name its symbols.
    pub symbol: Option<Symbol>,
    /// Order of day and month in dates such as `03/04/2020`, for ambiguous files.
    pub date_order: Option<DateOrder>,
    /// Price basis, if the dialect's ([`Dialect::basis`](crate::csv::Dialect::basis)) is wrong for this file.
    pub basis: Option<PriceBasis>,
    /// Symbol of a file that names none, if `symbol` is not given; usually
    /// [`symbol_from_file_name`](super::symbol_from_file_name). Unlike `symbol`, it does not select.
    pub fallback_symbol: Option<Symbol>,
    /// Limits of the import.
    pub limits: Limits,
}

impl ImportOptions {
    /// Returns options with a symbol and defaults.
    #[must_use]
    pub fn for_symbol(symbol: Symbol) -> Self {
        Self { symbol: Some(symbol), ..Self::default() }
    }
}

/// Limits of an import, so that garbage results in an error and not in memory exhaustion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a CSV file.
    pub csv_bytes: u64,
    /// Bytes of a COTAHIST file. A year of B3 has about 700 MB, mostly options, which are skipped.
    pub cotahist_bytes: u64,
    /// Bars kept in memory, over all symbols of the file.
    pub rows: usize,
    /// Symbols whose bars are kept. Of unwanted ones, a file may have [`Limits::UNWANTED_PER_SYMBOL`] times as many.
    pub symbols: usize,
    /// Bytes of one line.
    pub line_bytes: usize,
    /// Consecutive unreadable rows.
    pub bad_rows_in_a_row: usize,
}

impl Limits {
    /// Unwanted symbols that a file may have for each of [`Limits::symbols`]: all exchanges together list fewer than
    /// 100,000 shares.
    pub const UNWANTED_PER_SYMBOL: usize = 20;

    /// Rejects a file with too many symbols: `kept` with bars, `all` in total.
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
            // They are stored in one transaction, which blocks others; PostgreSQL has a lock for each.
            symbols: 5_000,
            line_bytes: 64 << 10,
            bad_rows_in_a_row: 100,
        }
    }
}
