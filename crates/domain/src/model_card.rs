//! What is known about a trained model: enough to judge it, and with its weights enough to serve it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Evaluation, Exchange, Symbol};

/// First and last session of a stretch of history, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateRange {
    /// First session.
    pub start: NaiveDate,
    /// Last session.
    pub end: NaiveDate,
}

/// The card that travels with a model's weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Name in the registry.
    pub name: String,
    /// Symbol it was trained on.
    pub symbol: Symbol,
    /// Network, for example `base`.
    pub architecture: String,
    /// Days the network looks back.
    pub lookback: usize,
    /// Sessions it forecasts.
    pub horizon: usize,
    /// Names of the input features, in order.
    pub features: Vec<String>,
    /// Exchange whose calendar dates the forecasts.
    pub exchange: Exchange,
    /// Sessions the weights were fitted on.
    pub trained_on: DateRange,
    /// All sessions that were used, validation and test included.
    pub data_range: DateRange,
    /// SHA-256 of the prices used, hexadecimal.
    pub data_fingerprint: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// Epochs run, and the one whose weights were kept.
    pub epochs_run: usize,
    /// Epoch of the weights kept, from 1.
    pub best_epoch: usize,
    /// Number of weights.
    pub parameters: usize,
    /// Errors on train, validation and test beside naive.
    pub evaluation: Evaluation,
    /// Level of the intervals measured below.
    pub interval_level: f64,
    /// Share of test days whose close fell into that interval.
    pub interval_coverage: f64,
    /// Version of the program that trained it.
    pub code_version: String,
}
