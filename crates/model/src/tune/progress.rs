//! Progress of a search.

use closecast_domain::NoProgress;

/// A progress report of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TuneStep {
    /// A rung starts; stored outcomes are already counted.
    Rung {
        /// Rung, from 1.
        rung: usize,
        /// Number of rungs.
        rungs: usize,
        /// Models trained in this rung.
        trials: usize,
        /// Epochs of each model.
        epochs: usize,
    },
    /// Epochs are done.
    Epochs {
        /// Epochs done over all models and folds; trainings that stopped early count in full.
        done: u64,
        /// Maximum number of epochs of the search.
        all: u64,
    },
    /// A rung is finished.
    Best {
        /// Smallest mean error of its models, relative to the naive forecast.
        relative_mae: f64,
    },
}

/// Receives progress reports. Called from worker threads.
pub trait TuneProgress: Sync {
    /// Reports one step.
    fn report(&self, step: TuneStep);
}

impl TuneProgress for NoProgress {
    fn report(&self, _step: TuneStep) {}
}
