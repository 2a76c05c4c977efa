//! Storage of finished trainings, so that a search can resume.

use super::{error::TuneError, score::FoldOutcome};

/// One training of a search: a trial on a fold with a number of epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrialFit {
    /// Number of the trial, from 0.
    pub trial: usize,
    /// Epochs after which the training stops.
    pub epochs: usize,
    /// Number of the fold, from 0.
    pub fold: usize,
}

/// Stores the outcome of every training, so that an interrupted search can resume. A store belongs to one
/// [`TunePlan::key`](super::TunePlan::key).
pub trait TuneStore: Sync {
    /// Loads the outcome of a training.
    ///
    /// # Errors
    /// [`TuneError::Store`] when it exists and cannot be read.
    fn load(&self, fit: TrialFit) -> Result<Option<FoldOutcome>, TuneError>;

    /// Saves the outcome of a training.
    ///
    /// # Errors
    /// [`TuneError::Store`] when it cannot be written.
    fn save(&self, fit: TrialFit, outcome: &FoldOutcome) -> Result<(), TuneError>;
}

/// Stores nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTuneStore;

impl TuneStore for NoTuneStore {
    fn load(&self, _fit: TrialFit) -> Result<Option<FoldOutcome>, TuneError> {
        Ok(None)
    }

    fn save(&self, _fit: TrialFit, _outcome: &FoldOutcome) -> Result<(), TuneError> {
        Ok(())
    }
}
