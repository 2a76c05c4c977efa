//! Errors of a search.

use closecast_domain::{ForecastError, Symbol};

use crate::SpecError;

/// Why a search cannot start or fails.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// A setting is outside its range.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The history is too short for all folds at the longest lookback of the space.
    #[error(
        "{symbol} has {have} usable sessions; to tune with a lookback of up to {lookback} days, {need} are needed: fetch or import a longer history, or give a space with a shorter lookback"
    )]
    TooShort {
        /// Symbol.
        symbol: Symbol,
        /// Usable sessions.
        have: usize,
        /// Sessions needed.
        need: usize,
        /// The longest lookback of the space, in days.
        lookback: usize,
    },
    /// No model could be trained.
    #[error("none of the {trials} models could be trained on these prices; the first failed because {reason}")]
    NoModel {
        /// Models tried.
        trials: usize,
        /// Reason of the first failure.
        reason: String,
    },
    /// The history cannot be used for training.
    #[error(transparent)]
    Forecast(ForecastError),
    /// The search was cancelled.
    #[error("cancelled; run the same command again to resume after the finished trials")]
    Cancelled,
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Threads(std::io::Error),
    /// Finished trials cannot be stored or loaded.
    #[error("the finished trials cannot be stored or loaded: {0}")]
    Store(String),
}

impl From<ForecastError> for TuneError {
    fn from(error: ForecastError) -> Self {
        match error {
            ForecastError::Cancelled => Self::Cancelled,
            error => Self::Forecast(error),
        }
    }
}
