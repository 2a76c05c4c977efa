//! What is known about a model of all symbols, or one made from it for a single symbol.

use serde::{Deserialize, Serialize};

use crate::{DateRange, Head, Symbol};

/// How often closes fell into a central interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntervalCoverage {
    /// Probability that the interval promises.
    pub level: f64,
    /// Share of the closes inside.
    pub share: f64,
}

/// How often closes fell into the central intervals, on days that neither weights nor calibration were fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredCoverage {
    /// Distinct sessions.
    pub days: usize,
    /// Forecasts.
    pub forecasts: usize,
    /// By rising level.
    pub intervals: Vec<IntervalCoverage>,
}

impl MeasuredCoverage {
    /// Returns the share of the closes inside the interval of a level; `None` when it was not measured.
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
    /// Symbol that it was fine-tuned for; none for the model of all symbols.
    pub fine_tuned_for: Option<Symbol>,
    /// Distribution that the network forecasts.
    pub head: Head,
    /// Days the network looks back.
    pub lookback: usize,
    /// Sessions it forecasts.
    pub horizon: usize,
    /// Names of the features of a symbol, in order.
    pub features: Vec<String>,
    /// Names of the features that are averaged over the market.
    pub market_features: Vec<String>,
    /// Symbols it learned from.
    pub symbols: usize,
    /// First and last session the weights were fitted on.
    pub trained_on: DateRange,
    /// Sessions on which it was decided how many passes of a fine-tuning are kept, perhaps none; absent for the model of all
    /// symbols, and in the cards of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes_chosen_on: Option<DateRange>,
    /// Sessions after them on which the intervals were calibrated.
    pub calibrated_on: Option<DateRange>,
    /// Coverage of the next session's intervals there.
    pub coverage: Option<MeasuredCoverage>,
    /// SHA-256 of the prices used, hexadecimal.
    pub data_fingerprint: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// Networks whose quantiles are averaged.
    pub members: usize,
    /// Weights of one of them.
    pub parameters: usize,
    /// Passes over the windows whose weights were kept; for a fine-tuned model those of the fine-tuning, 0 when none of them
    /// was better than what it began with.
    pub epochs: usize,
    /// Where the prices came from, as told by whoever trained it.
    pub sources: String,
    /// Version of the program that trained it.
    pub code_version: String,
}
