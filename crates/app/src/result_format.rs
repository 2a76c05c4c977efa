//! How results are written that are kept in the database and shown later.

use closecast_domain::{Card, Symbol};
use closecast_model::tune::Tuning;
use serde_json::Value;

use crate::use_cases::backtest::BacktestResult;

/// Writes results as JSON. They are shown as they were written, so their shape is that of the API, which this crate does not know.
pub trait ResultFormat: Send + Sync {
    /// Returns a backtest.
    fn backtest(&self, result: &BacktestResult) -> Value;
    /// Returns the outcome of a search for a model of `symbol` that began with `seed`.
    fn tuning(&self, symbol: &Symbol, seed: u64, tuning: &Tuning) -> Value;
    /// Returns the figures of a trained model, naive's beside them.
    fn training(&self, card: &Card) -> Value;
}
