//! What a file held.

use closecast_domain::RawSeries;

use super::note::ImportNote;
use crate::csv::Dialect;

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
