//! Result of an import.

use closecast_domain::RawSeries;

use super::note::ImportNote;
use crate::csv::Dialect;

/// Contents of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Detected dialect.
    pub dialect: Dialect,
    /// One series per symbol, in order of first appearance, each with at least one bar. Bars are in the order of the
    /// file, except that a file written newest first is reversed (see [`ImportNote::NewestFirst`]).
    pub series: Vec<RawSeries>,
    /// Observations with line numbers.
    pub notes: Vec<ImportNote>,
}

impl Import {
    /// Returns the number of bars over all series.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.series.iter().map(|series| series.bars.len()).sum()
    }
}
