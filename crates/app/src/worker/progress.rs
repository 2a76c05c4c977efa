//! How far a job is, as it is told to whoever asks.

use std::sync::{Arc, Mutex, PoisonError};

use closecast_domain::{Progress, ProgressSink};
use closecast_eval::backtest::BacktestProgress;
use closecast_model::tune::{TuneProgress, TuneStep};
use serde::Serialize;
use serde_json::Value;

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(super) enum Stage {
    /// A network learns.
    Training {
        epoch: usize,
        epochs: usize,
        batch: usize,
        batches_per_epoch: usize,
        train_loss: Option<f64>,
        validation_loss: Option<f64>,
    },
    /// So many parts of so many are done.
    Steps { done: usize, all: usize },
}

/// Keeps the newest progress of a job. Clones are of one job.
#[derive(Clone, Debug, Default)]
pub(super) struct JobProgress(Arc<Mutex<Option<Stage>>>);

impl JobProgress {
    /// Takes note that `done` parts of `all` are done.
    pub(super) fn steps(&self, done: usize, all: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stage::Steps { done, all });
    }

    /// Returns how far the job is; `None` before it has said anything.
    pub(super) fn snapshot(&self) -> Option<Value> {
        let stage = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        serde_json::to_value(stage).ok()
    }
}

impl ProgressSink for JobProgress {
    fn report(&self, progress: &Progress) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (progress, kept.as_mut()) {
            (&Progress::TrainingStarted { epochs, batches_per_epoch }, _) => {
                *kept = Some(Stage::Training {
                    epoch: 1,
                    epochs,
                    batch: 0,
                    batches_per_epoch,
                    train_loss: None,
                    validation_loss: None,
                });
            }
            (&Progress::Batch { epoch: at, batch: of }, Some(Stage::Training { epoch, batch, .. })) => {
                (*epoch, *batch) = (at, of);
            }
            (
                &Progress::Epoch { train_loss: train, validation_loss: validation, .. },
                Some(Stage::Training { train_loss, validation_loss, .. }),
            ) => {
                (*train_loss, *validation_loss) = (Some(train), Some(validation));
            }
            _ => {}
        }
    }
}

impl BacktestProgress for JobProgress {
    fn report(&self, done: usize, all: usize) {
        self.steps(done, all);
    }
}

impl TuneProgress for JobProgress {
    fn report(&self, step: TuneStep) {
        if let TuneStep::Epochs { done, all } = step {
            self.steps(usize::try_from(done).unwrap_or(usize::MAX), usize::try_from(all).unwrap_or(usize::MAX));
        }
    }
}
