//! The card of a model of all symbols, or of one fine-tuned from it.

use serde::{Deserialize, Serialize};

use crate::{DateRange, Head, Symbol};

/// Empirical coverage of a central interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntervalCoverage {
    /// Nominal probability of the interval.
    pub level: f64,
    /// Share of closes inside the interval.
    pub share: f64,
}

/// Empirical coverage of central intervals, on days that were not used to fit weights or calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredCoverage {
    /// Number of sessions.
    pub days: usize,
    /// Number of forecasts.
    pub forecasts: usize,
    /// Coverage in ascending order of level.
    pub intervals: Vec<IntervalCoverage>,
}

impl MeasuredCoverage {
    /// Returns the share of closes inside the interval of a level; `None` if it was not measured.
    #[must_use]
    pub fn at(&self, level: f64) -> Option<f64> {
        self.intervals.iter().find(|interval| (interval.level - level).abs() < 1e-9).map(|interval| interval.share)
    }
}

/// The card of a model that forecasts the spread around the last close, for any symbol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseCard {
    /// Name in the registry.
    pub name: String,
    /// Symbol for which it was fine-tuned; `None` for the model of all symbols.
    pub fine_tuned_for: Option<Symbol>,
    /// Distribution that the network forecasts.
    pub head: Head,
    /// Days the network looks back.
    pub lookback: usize,
    /// Sessions forecast.
    pub horizon: usize,
    /// Names of the symbol features, in order.
    pub features: Vec<String>,
    /// Names of the features averaged over the market.
    pub market_features: Vec<String>,
    /// Number of training symbols.
    pub symbols: usize,
    /// First and last training session.
    pub trained_on: DateRange,
    /// Sessions that selected the number of fine-tuning epochs; absent for the model of all symbols and in cards of
    /// older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes_chosen_on: Option<DateRange>,
    /// Later sessions that calibrated the intervals.
    pub calibrated_on: Option<DateRange>,
    /// Coverage of next-session intervals in those sessions.
    pub coverage: Option<MeasuredCoverage>,
    /// SHA-256 of the training prices, hexadecimal.
    pub data_fingerprint: String,
    /// Random seed.
    pub seed: u64,
    /// Number of networks whose quantiles are averaged.
    pub members: usize,
    /// Number of weights of one network.
    pub parameters: usize,
    /// Epochs of the selected weights; for a fine-tuned model those of the fine-tuning, 0 if none improved the start.
    pub epochs: usize,
    /// Sources of the prices, as stated by the trainer of the model.
    pub sources: String,
    /// Version of the program that trained the model.
    pub code_version: String,
}
