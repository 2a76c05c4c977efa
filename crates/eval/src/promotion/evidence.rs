//! Evidence for or against a promotion, as plain data stored in the registry.

use closecast_domain::{DateRange, ModelRef, Symbol, TrainingCutoff};
use serde::{Deserialize, Serialize};

/// Result of comparing a challenger with the champion by forecasts of the next session on the same days.
///
/// Errors are of log returns, so that they do not depend on price or currency: 0.01 is about one percent of the price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Verdict.
    pub verdict: Verdict,
    /// Symbols compared, in alphabetical order.
    pub symbols: Vec<Symbol>,
    /// Distinct sessions compared. Symbols are correlated, so sessions count as the sample size, not pairs.
    pub sessions: usize,
    /// Pairs of a symbol and a session.
    pub pairs: usize,
    /// First and last session compared; `None` without any.
    pub days: Option<DateRange>,
    /// The model in service.
    pub champion: Side,
    /// The model that would replace it.
    pub challenger: Side,
    /// The naive forecast, its interval refitted at every origin.
    pub naive: Option<Figures>,
    /// Ratios of mean CRPS.
    pub crps: Ratios,
    /// Ratios of mean absolute errors.
    pub mae: Ratios,
    /// Two-sided Diebold–Mariano p-value for equal CRPS of both models, on the means over symbols of each session; `None` if they
    /// are identical or the sessions are too few.
    pub crps_p_value: Option<f64>,
    /// The same for the absolute errors.
    pub mae_p_value: Option<f64>,
    /// Caveats about the figures, one sentence each.
    pub notes: Vec<String>,
}

/// One of the two models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Name and hash of the model.
    pub model: ModelRef,
    /// Last sessions that its weights and intervals were fitted on.
    pub seen: TrainingCutoff,
    /// Figures on the common days; `None` without any.
    pub figures: Option<Figures>,
    /// Symbols that it could not forecast.
    pub refusals: Vec<Refusal>,
}

/// Figures of one model over all pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Mean CRPS, as in a backtest; `None` if a forecast has no quantiles.
    pub crps: Option<f64>,
    /// Mean absolute error of the point forecasts.
    pub mae: f64,
    /// Coverage of the 90 % interval; `None` if a forecast has no quantiles.
    pub coverage_90: Option<f64>,
}

/// Ratios of a figure between models, below 1 if the first is better; `None` if undefined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratios {
    /// Challenger to champion: decisive.
    pub challenger_to_champion: Option<f64>,
    /// Challenger to naive.
    pub challenger_to_naive: Option<f64>,
    /// Champion to naive.
    pub champion_to_naive: Option<f64>,
}

/// A symbol that a model could not forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Symbol.
    pub symbol: Symbol,
    /// Error of the model.
    pub reason: String,
}

/// Decision about a promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Verdict {
    /// The challenger is not worse.
    Promote,
    /// The champion stays.
    Keep {
        /// Reason with figures, a sentence.
        reason: String,
    },
    /// There is too little data.
    Insufficient {
        /// Available data and remedy, a sentence.
        reason: String,
    },
}

impl Verdict {
    /// Returns whether the challenger may replace the champion.
    #[must_use]
    pub fn is_promotion(&self) -> bool {
        matches!(self, Self::Promote)
    }

    /// Returns the reason against it; `None` for a promotion.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Promote => None,
            Self::Keep { reason } | Self::Insufficient { reason } => Some(reason),
        }
    }
}
