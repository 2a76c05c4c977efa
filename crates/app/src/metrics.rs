//! What is counted while the use cases run.
//!
//! The metrics are ours and not those of the crate `metrics` with an exporter: a request is answered in some microseconds and may
//! pay for three additions to memory and no more; percentiles are read here as well as written; histograms keep the memory they
//! began with, whether or not they are read; and each server of a process, as tests have them, has metrics of its own.

mod by_symbol;
mod histogram;

pub use self::{
    by_symbol::{BySymbol, Counter, MOST_SYMBOLS},
    histogram::{Histogram, Reading},
};

/// What is counted while the use cases run.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Passes of a network.
    pub inference: Histogram,
    /// Forecasts returned, by symbol.
    pub predictions: BySymbol,
}
