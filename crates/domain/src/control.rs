//! How long work is watched and stopped.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A request to stop, shared between whoever asks and whoever works. The worker polls it at least once a batch.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Returns a request that has not been made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop at the next opportunity.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether the work was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A step of long work, as it happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Training begins.
    TrainingStarted {
        /// Most epochs that will be run.
        epochs: usize,
        /// Batches of one epoch.
        batches_per_epoch: usize,
    },
    /// One batch has been learned from.
    Batch {
        /// Epoch, from 1.
        epoch: usize,
        /// Batch within the epoch, from 1.
        batch: usize,
    },
    /// One epoch is over.
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

/// Receives [`Progress`]. Called from the working thread, so it must be quick.
pub trait ProgressSink: Sync {
    /// Takes note of one step.
    fn report(&self, progress: &Progress);
}

/// A sink that drops what it hears.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl ProgressSink for Silent {
    fn report(&self, _progress: &Progress) {}
}
