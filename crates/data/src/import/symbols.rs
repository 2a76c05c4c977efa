//! Symbols in file names and in rows.

use std::{collections::BTreeSet, path::Path};

use closecast_domain::Symbol;

use super::error::{ImportError, SymbolList};

/// Returns the symbol in a file name: `AAPL.csv`, `PETR4.SA_data.csv`, Stooq's `aapl_us_d.csv`.
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

/// Returns whether `found`, as written in a file, is the symbol `wanted`: `PETR4` is `PETR4.SA`, `BRK.B` is `BRK-B`.
pub(crate) fn same_symbol(wanted: &Symbol, found: &Symbol) -> bool {
    let (wanted, found) = (wanted.as_str(), found.as_str());
    wanted == found
        || wanted.strip_suffix(".SA") == Some(found)
        || found.strip_suffix(".SA") == Some(wanted)
        || wanted.replace('.', "-") == found.replace('.', "-")
}

/// The symbols of a file, for the error message when the wanted one is missing.
#[derive(Default)]
pub(crate) struct SymbolsFound(BTreeSet<Symbol>);

impl SymbolsFound {
    /// Maximum number of recorded symbols: the message names ten.
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
