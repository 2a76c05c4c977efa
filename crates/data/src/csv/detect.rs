//! Detects the dialect of a header.

use super::{
    columns::{Columns, SymbolSource},
    dialect::Dialect,
    synonyms::Field,
};

/// Returns the dialect of a file with these columns. `offset`: whether its dates have a time zone offset.
pub(super) fn dialect_of(columns: &Columns, offset: bool) -> Dialect {
    let has = |field| columns.has(field);
    let named = |text: &str| columns.labels().any(|label| label.eq_ignore_ascii_case(text));
    if named("<DATE>") {
        Dialect::StooqBulk
    } else if named("Close/Last") {
        Dialect::Nasdaq
    } else if has(Field::Change) && has(Field::Close) {
        Dialect::Investing
    } else if columns.symbols == SymbolSource::HeaderRow {
        Dialect::YfinanceDownload
    } else if columns.symbols == SymbolSource::EachLabel {
        if columns.labels().any(|label| label.starts_with('(')) { Dialect::YfinanceDownload } else { Dialect::Quantmod }
    } else if named("split_coefficient") || (named("timestamp") && has(Field::AdjClose)) {
        Dialect::AlphaVantageAdjusted
    } else if named("splitFactor") || named("split_factor") {
        Dialect::Tiingo
    } else if named("split_ratio") || (columns.symbol_first() && has(Field::AdjClose) && !offset) {
        Dialect::QuandlWiki
    } else {
        dialect_of_plain_columns(columns, offset)
    }
}

/// Returns the dialect of a header with common columns only.
fn dialect_of_plain_columns(columns: &Columns, offset: bool) -> Dialect {
    let has = |field| columns.has(field);
    let first = |text: &str| columns.labels().next().is_some_and(|label| label.eq_ignore_ascii_case(text));
    let exactly = |expected: &[&str]| columns.labels().eq(expected.iter().copied());
    if has(Field::Split) || has(Field::Dividend) || offset {
        Dialect::YfinanceHistory
    } else if has(Field::AdjClose) {
        Dialect::Yahoo
    } else if columns.labels().any(|label| label == "Name") && has(Field::Symbol) {
        Dialect::KaggleLong
    } else if first("timestamp") {
        Dialect::AlphaVantage
    } else if exactly(&["Date", "Close", "High", "Low", "Open", "Volume"]) {
        Dialect::YfinanceDownload
    } else if columns.labels().any(|label| label == "Zamkniecie")
        || exactly(&["Date", "Open", "High", "Low", "Close", "Volume"])
        || exactly(&["Date", "Open", "High", "Low", "Close"])
    {
        Dialect::Stooq
    } else {
        Dialect::Generic
    }
}
