//! Parses stored symbols, which may be invalid: other programs can write to the database.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use closecast_domain::Symbol;

use crate::StoreError;

/// Maximum number of rows remembered as reported.
const MAX_REPORTED: usize = 1000;

/// Rows that were reported.
static REPORTED: Mutex<BTreeSet<(&'static str, String)>> = Mutex::new(BTreeSet::new());

/// Parses a stored symbol. One in another spelling than the canonical one is rejected, since no query finds it.
///
/// # Errors
/// [`StoreError::Row`] when it is invalid.
pub(crate) fn read(table: &'static str, text: &str) -> Result<Symbol, StoreError> {
    let refused = |reason: String| StoreError::Row { table, key: printable(text), reason };
    let symbol = Symbol::new(text).map_err(|error| refused(error.to_string()))?;
    if symbol.as_str() == text { Ok(symbol) } else { Err(refused(format!("the canonical spelling is {symbol}"))) }
}

/// Skips a row that cannot be parsed, and logs it the first time.
///
/// # Errors
/// All except [`StoreError::Row`].
pub(crate) fn skip_unreadable<T>(row: Result<T, StoreError>) -> Option<Result<T, StoreError>> {
    let Err(StoreError::Row { table, key, .. }) = &row else { return Some(row) };
    let mut reported = REPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    if reported.len() < MAX_REPORTED
        && reported.insert((table, key.clone()))
        && let Err(error) = &row
    {
        tracing::warn!(%error, "a row is skipped: `closecast doctor` lists it");
    }
    None
}

/// Returns the text shortened and escaped for messages and logs.
fn printable(text: &str) -> String {
    let mut printable: String = text.chars().take(40).collect::<String>().escape_debug().to_string();
    if text.chars().nth(40).is_some() {
        printable.push('…');
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_rejects_invalid_and_non_canonical_symbols() {
        assert_eq!(read("series", "PETR4.SA").unwrap().as_str(), "PETR4.SA");
        for text in ["", "../etc", "aapl", " AAPL", "A\u{1b}[2J", &"A".repeat(5000)] {
            let error = read("series", text).unwrap_err().to_string();
            assert!(error.len() < 300 && !error.contains('\u{1b}'), "{error}");
        }
    }

    #[test]
    fn skip_unreadable_skips_row_errors_only() {
        assert!(skip_unreadable(read("series", "..")).is_none());
        assert!(skip_unreadable(read("series", "IBM")).unwrap().is_ok());
        assert!(skip_unreadable(Err::<(), _>(StoreError::LeaseLost)).unwrap().is_err());
    }
}
