//! The evidence as plain data: kept in the registry, shown to people.

use closecast_domain::{DateRange, ModelRef, Symbol, TrainingCutoff};
use serde::{Deserialize, Serialize};

/// What was found when a challenger was set beside the champion, forecasts of the next session on the same days.
///
/// Errors are of log returns, so that symbols of any price and currency count alike: 0.01 is about one percent of the price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What follows from it.
    pub verdict: Verdict,
    /// Symbols compared, in alphabetical order.
    pub symbols: Vec<Symbol>,
    /// Distinct sessions compared. Symbols move together, so it is these that are counted and not the pairs.
    pub sessions: usize,
    /// Pairs of a symbol and a session.
    pub pairs: usize,
    /// First and last session compared; none when there was nothing to compare.
    pub days: Option<DateRange>,
    /// The model in service.
    pub champion: Side,
    /// The model that would take its place.
    pub challenger: Side,
    /// The naive forecast, its interval learned from each evening's past.
    pub naive: Option<Figures>,
    /// Mean CRPS over mean CRPS.
    pub crps: Ratios,
    /// Mean absolute error over mean absolute error.
    pub mae: Ratios,
    /// Two-sided Diebold–Mariano p-value that both models' CRPS is the same, on the means over symbols of each session; `None`
    /// when it is the same to the bit, or the sessions are too few.
    pub crps_p_value: Option<f64>,
    /// The same of the absolute errors.
    pub mae_p_value: Option<f64>,
    /// What whoever reads the figures has to know of them, one sentence each.
    pub notes: Vec<String>,
}

/// One of the two models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Which model.
    pub model: ModelRef,
    /// What it has learned from.
    pub seen: TrainingCutoff,
    /// Its figures on the common days; `None` when it has none of them.
    pub figures: Option<Figures>,
    /// Symbols that it could not forecast.
    pub refusals: Vec<Refusal>,
}

/// Figures of one model over all pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Mean CRPS, as a backtest scores it; `None` when a forecast had no quantiles.
    pub crps: Option<f64>,
    /// Mean absolute error of the points.
    pub mae: f64,
    /// Share of the closes inside the 90 % interval; `None` when a forecast had no quantiles.
    pub coverage_90: Option<f64>,
}

/// A figure of one model over that of another, below 1 when the first is better; `None` where it is not defined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratios {
    /// The challenger's over the champion's: what decides.
    pub challenger_to_champion: Option<f64>,
    /// The challenger's over naive's.
    pub challenger_to_naive: Option<f64>,
    /// The champion's over naive's.
    pub champion_to_naive: Option<f64>,
}

/// A symbol that a model could not forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Symbol.
    pub symbol: Symbol,
    /// What the model said.
    pub reason: String,
}

/// What follows from the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Verdict {
    /// The challenger is no worse.
    Promote,
    /// The champion stays.
    Keep {
        /// Why, with the figures, as a sentence.
        reason: String,
    },
    /// There is too little to decide on.
    Insufficient {
        /// How much there is, and what can be done, as a sentence.
        reason: String,
    },
}

impl Verdict {
    /// Returns whether the challenger may take the champion's place.
    #[must_use]
    pub fn is_promotion(&self) -> bool {
        matches!(self, Self::Promote)
    }

    /// Returns why not; `None` for a promotion.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Promote => None,
            Self::Keep { reason } | Self::Insufficient { reason } => Some(reason),
        }
    }
}
