//! Progress and cancellation of long computations.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A cancellation flag, shared between requester and worker. The worker polls it at least once per batch.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Returns a flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests cancellation.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether cancellation was requested.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A step of a long computation.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Training begins.
    TrainingStarted {
        /// Maximum number of epochs.
        epochs: usize,
        /// Batches per epoch.
        batches_per_epoch: usize,
    },
    /// A batch was processed.
    Batch {
        /// Epoch, from 1.
        epoch: usize,
        /// Batch within the epoch, from 1.
        batch: usize,
    },
    /// An epoch ended.
    Epoch {
        /// Epoch, from 1.
        epoch: usize,
        /// Mean loss over the training windows.
        train_loss: f64,
        /// Mean loss over the validation windows, without dropout.
        validation_loss: f64,
        /// Learning rate used in this epoch.
        learning_rate: f64,
        /// Whether this is the best validation loss so far.
        improved: bool,
    },
}

/// Receives [`Progress`]. Called from the worker thread, so it must be fast.
pub trait ProgressSink: Sync {
    /// Handles a step.
    fn report(&self, progress: &Progress);
}

/// A sink that ignores progress.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl ProgressSink for NoProgress {
    fn report(&self, _progress: &Progress) {}
}
