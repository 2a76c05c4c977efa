//! Import, export and the bundled sample.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking, and so may what it is built of")]

use closecast_data::{
    csv,
    import::{Import, ImportError, ImportOptions},
};
use closecast_domain::{RawSeries, Symbol};

mod cotahist;
mod dialects;
mod export;
mod faults;
mod notations;
mod properties;
mod sample;

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn of(text: &str) -> ImportOptions {
    ImportOptions::for_symbol(symbol(text))
}

fn read(text: &str) -> Result<Import, ImportError> {
    csv::read(text.as_bytes(), &ImportOptions { fallback_symbol: Some(symbol("X")), ..ImportOptions::default() })
}

/// Returns the import of a file of one symbol.
fn single(text: &str) -> (Import, RawSeries) {
    let import = read(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(import.series.len(), 1, "{import:?}");
    let series = import.series[0].clone();
    (import, series)
}

/// Returns the dates of a series as text.
fn dates(series: &RawSeries) -> Vec<String> {
    series.bars.iter().map(|bar| bar.date.to_string()).collect()
}
