//! Search for the settings of a model: which of a declared space of models forecasts best, judged on days before the test days.
//!
//! Models are drawn at random (Bergstra & Bengio 2012) and narrowed down by successive halving on epochs (Jamieson & Talwalkar 2016;
//! Li et al., "Hyperband", 2018). Each is judged walk-forward: three times it is trained on all days before a block of days and
//! scored on that block, by its mean absolute error relative to naive's. The test days of a training are cut off the history
//! before anything else.

mod choice;
mod dimension;
mod draw;
mod folds;
mod halving;
mod plan;
mod rung;
mod score;
mod space;
mod trial;

use closecast_domain::{ForecastError, NoProgress, Symbol};

pub use self::{
    dimension::{Dimension, Interval},
    plan::{TunePlan, TuneSpec},
    score::{FoldOutcome, FoldScore},
    space::{CheckedSpace, ScheduleName, SearchSpace},
    trial::{Rung, Trial, TrialScore, Tuning},
};
use crate::SpecError;

/// Why a search ended early or could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// A setting is outside its range.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The history is too short for all folds of the model with the longest lookback.
    #[error(
        "{symbol} has {have} usable sessions; to tune with a lookback of up to {lookback} days, {need} are needed: fetch or import a longer history, or give a space with a shorter lookback"
    )]
    TooShort {
        /// Symbol asked for.
        symbol: Symbol,
        /// Sessions that can be used.
        have: usize,
        /// Sessions needed.
        need: usize,
        /// The longest lookback of the space, in days.
        lookback: usize,
    },
    /// No model could be trained.
    #[error("none of the {trials} models could be trained to the end on these prices; the first failed since {reason}")]
    NoModel {
        /// Models tried.
        trials: usize,
        /// Why the first could not.
        reason: String,
    },
    /// The history cannot be learned from.
    #[error(transparent)]
    Forecast(ForecastError),
    /// The work was asked to stop.
    #[error("cancelled; the same command goes on from the trials that are done")]
    Cancelled,
    /// The operating system started no thread.
    #[error("the operating system started no thread: {0}")]
    Threads(std::io::Error),
    /// Finished trials could not be kept or read back.
    #[error("the finished trials: {0}")]
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

/// One training of a search: a model on a fold, for so many epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// Number of the trial, from 0.
    pub trial: usize,
    /// Epochs after which it is broken off.
    pub epochs: usize,
    /// Number of the fold, from 0.
    pub fold: usize,
}

/// Keeps what became of every training, so that a search that was interrupted goes on where it stopped. A store belongs to one
/// [`TunePlan::key`].
pub trait TuneStore: Sync {
    /// Returns what was kept of a training.
    ///
    /// # Errors
    /// [`TuneError::Store`] when it is there and cannot be read.
    fn load(&self, unit: Unit) -> Result<Option<FoldOutcome>, TuneError>;

    /// Keeps it.
    ///
    /// # Errors
    /// [`TuneError::Store`] when it cannot be written.
    fn save(&self, unit: Unit, outcome: &FoldOutcome) -> Result<(), TuneError>;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTuneStore;

impl TuneStore for NoTuneStore {
    fn load(&self, _unit: Unit) -> Result<Option<FoldOutcome>, TuneError> {
        Ok(None)
    }

    fn save(&self, _unit: Unit, _outcome: &FoldOutcome) -> Result<(), TuneError> {
        Ok(())
    }
}

/// A step of a search, as it happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TuneStep {
    /// The trainings of a rung begin, after those that were kept of it have been counted.
    Rung {
        /// Rung, from 1.
        rung: usize,
        /// Rungs there are.
        rungs: usize,
        /// Models trained on it.
        trials: usize,
        /// Epochs of every one of them.
        epochs: usize,
    },
    /// Work is done.
    Epochs {
        /// Epochs trained so far, over all models and folds; those of trainings that ended early count in full.
        done: u64,
        /// Epochs of the whole search, at most.
        all: u64,
    },
    /// A rung is over.
    Best {
        /// The smallest mean error of its models, relative to naive's.
        relative_mae: f64,
    },
}

/// Receives how far a search is. Called from the working threads.
pub trait TuneProgress: Sync {
    /// Takes note of one step.
    fn report(&self, step: TuneStep);
}

impl TuneProgress for NoProgress {
    fn report(&self, _step: TuneStep) {}
}
