//! Figures from the database.

use closecast_domain::Symbol;
use closecast_store::{ModelVersion, SeriesInfo};

/// What the database tells of at most [`closecast_app::metrics::MOST_SYMBOLS`] symbols.
pub(crate) struct StoredFigures {
    pub(super) series: Vec<SeriesInfo>,
    pub(super) champions: Vec<ModelVersion>,
    /// Absolute errors of each symbol's newest settled forecast, the model's and naive's.
    pub(super) errors: Vec<(Symbol, f64, f64)>,
}
