//! Counts with their nouns.

use std::fmt;

/// Returns a count with its noun: `1 row`, `2 rows`.
pub fn counted(count: impl fmt::Display, noun: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
