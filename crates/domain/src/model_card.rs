//! The card of a model of one symbol: its description and evaluation.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Evaluation, Exchange, Symbol};

/// First and last session of a period, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateRange {
    /// First session.
    pub start: NaiveDate,
    /// Last session.
    pub end: NaiveDate,
}

/// Card of a model of one symbol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Name in the registry.
    pub name: String,
    /// Symbol it was trained on.
    pub symbol: Symbol,
    /// Network architecture, for example `base`.
    pub architecture: String,
    /// Input window of the network in sessions.
    pub lookback: usize,
    /// Sessions forecast.
    pub horizon: usize,
    /// Names of the input features, in order.
    pub features: Vec<String>,
    /// Exchange whose calendar dates the forecasts.
    pub exchange: Exchange,
    /// Training sessions.
    pub trained_on: DateRange,
    /// All sessions used, including validation and test.
    pub data_range: DateRange,
    /// SHA-256 of the prices used, hexadecimal.
    pub data_fingerprint: String,
    /// Random seed.
    pub seed: u64,
    /// Epochs run.
    pub epochs_run: usize,
    /// Epoch of the selected weights, from 1.
    pub best_epoch: usize,
    /// Number of weights.
    pub parameters: usize,
    /// Errors in training, validation and test beside naive.
    pub evaluation: Evaluation,
    /// Level of the evaluated interval.
    pub interval_level: f64,
    /// Share of test days whose close fell into the interval.
    pub interval_coverage: f64,
    /// Version of the program that trained the model.
    pub code_version: String,
}
