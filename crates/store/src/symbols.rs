//! Reads stored symbols, which may be invalid: other programs can write to the database.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use closecast_domain::Symbol;

use crate::StoreError;

/// Most rows that are remembered as reported.
const MOST_REPORTED: usize = 1000;

/// Rows that were reported.
static REPORTED: Mutex<BTreeSet<(&'static str, String)>> = Mutex::new(BTreeSet::new());

/// Reads a symbol as it was stored: one that is written in another way than ours is found by no query.
///
/// # Errors
/// [`StoreError::Row`] when it is none.
pub(crate) fn read(table: &'static str, text: &str) -> Result<Symbol, StoreError> {
    let refused = |reason: String| StoreError::Row { table, key: shown(text), reason };
    let symbol = Symbol::new(text).map_err(|error| refused(error.to_string()))?;
    if symbol.as_str() == text { Ok(symbol) } else { Err(refused(format!("the symbol is written {symbol}"))) }
}

/// Leaves a row out that cannot be read, and logs it the first time.
///
/// # Errors
/// Those that are not [`StoreError::Row`].
pub(crate) fn skip_unreadable<T>(row: Result<T, StoreError>) -> Option<Result<T, StoreError>> {
    let Err(StoreError::Row { table, key, .. }) = &row else { return Some(row) };
    let mut reported = REPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    if reported.len() < MOST_REPORTED
        && reported.insert((table, key.clone()))
        && let Err(error) = &row
    {
        tracing::warn!(%error, "a row is left out: `closecast doctor` lists it");
    }
    None
}

/// Returns the text as it can be printed and logged.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(40).collect::<String>().escape_debug().to_string();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_refuses_what_is_not_written_as_a_symbol() {
        assert_eq!(read("series", "PETR4.SA").unwrap().as_str(), "PETR4.SA");
        for text in ["", "../etc", "aapl", " AAPL", "A\u{1b}[2J", &"A".repeat(5000)] {
            let told = read("series", text).unwrap_err().to_string();
            assert!(told.len() < 300 && !told.contains('\u{1b}'), "{told}");
        }
    }

    #[test]
    fn skip_unreadable_leaves_out_rows_and_no_other_error() {
        assert!(skip_unreadable(read("series", "..")).is_none());
        assert!(skip_unreadable(read("series", "IBM")).unwrap().is_ok());
        assert!(skip_unreadable(Err::<(), _>(StoreError::LeaseLost)).unwrap().is_err());
    }
}
