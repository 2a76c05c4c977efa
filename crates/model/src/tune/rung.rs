//! Runs the trainings of one rung in parallel.

use std::{
    collections::HashMap,
    sync::{
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use closecast_domain::{Cancel, ForecastError, Progress, ProgressSink};

use super::{
    error::TuneError,
    folds::Fold,
    progress::{TuneProgress, TuneStep},
    score::{FoldOutcome, score},
    store::{TrialFit, TuneStore},
};
use crate::CheckedSpec;

/// Runs trainings of a search, each on one thread.
pub(super) struct TrialRunner<'a> {
    pub(super) specs: &'a [CheckedSpec],
    pub(super) folds: &'a [Fold],
    pub(super) threads: usize,
    pub(super) store: &'a dyn TuneStore,
    pub(super) cancel: &'a Cancel,
    pub(super) progress: &'a dyn TuneProgress,
    /// Epochs done and maximum number of epochs.
    pub(super) done: AtomicU64,
    pub(super) all: u64,
}

impl TrialRunner<'_> {
    /// Loads the stored outcomes of `fits`.
    pub(super) fn load_finished(&self, fits: &[TrialFit]) -> Result<HashMap<TrialFit, FoldOutcome>, TuneError> {
        let load = |&fit: &TrialFit| Ok(self.store.load(fit)?.map(|outcome| (fit, outcome)));
        fits.iter().filter_map(|fit| load(fit).transpose()).collect()
    }

    /// Runs `fits` and stores each outcome when it is done. The outcomes do not depend on the number of threads.
    pub(super) fn run(&self, fits: &[TrialFit]) -> Result<HashMap<TrialFit, FoldOutcome>, TuneError> {
        let next = AtomicUsize::new(0);
        let mut outcomes = HashMap::new();
        let mut failure = None;
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for number in 0..self.threads.min(fits.len()) {
                let (sender, next) = (sender.clone(), &next);
                let work = move || {
                    while let Some(fit) = fits.get(next.fetch_add(1, Ordering::Relaxed)) {
                        // The receiver is dropped after a failure.
                        if sender.send((*fit, self.train(*fit))).is_err() {
                            return;
                        }
                    }
                };
                if let Err(error) = thread::Builder::new().name(format!("tune {number}")).spawn_scoped(scope, work) {
                    failure = Some(TuneError::Threads(error));
                    self.cancel.cancel();
                }
            }
            drop(sender);
            for (fit, outcome) in receiver {
                let load_finished = outcome.map_err(TuneError::from).and_then(|outcome| {
                    self.store.save(fit, &outcome)?;
                    Ok(outcome)
                });
                match load_finished {
                    Ok(outcome) => _ = outcomes.insert(fit, outcome),
                    Err(error) => {
                        // The first failure is reported; the other threads end as cancelled.
                        failure.get_or_insert(error);
                        self.cancel.cancel();
                    }
                }
            }
        });
        failure.map_or(Ok(outcomes), Err)
    }

    /// Adds finished epochs to the progress.
    pub(super) fn add_epochs(&self, epochs: u64) {
        let done = self.done.fetch_add(epochs, Ordering::Relaxed) + epochs;
        self.progress.report(TuneStep::Epochs { done, all: self.all });
    }

    fn train(&self, fit: TrialFit) -> Result<FoldOutcome, ForecastError> {
        if self.cancel.is_cancelled() {
            return Err(ForecastError::Cancelled);
        }
        let counter = EpochCounter { runner: self, epochs: AtomicU64::new(0) };
        let (spec, fold) = (&self.specs[fit.trial], &self.folds[fit.fold]);
        let outcome = score(spec, (fit.epochs, self.threads), fold, self.cancel, &counter)?;
        self.add_epochs(fit.epochs as u64 - counter.epochs.load(Ordering::Relaxed).min(fit.epochs as u64));
        Ok(outcome)
    }
}

/// Counts the epochs of one training.
struct EpochCounter<'a> {
    runner: &'a TrialRunner<'a>,
    epochs: AtomicU64,
}

impl ProgressSink for EpochCounter<'_> {
    fn report(&self, progress: &Progress) {
        if let Progress::Epoch { .. } = progress {
            self.epochs.fetch_add(1, Ordering::Relaxed);
            self.runner.add_epochs(1);
        }
    }
}
