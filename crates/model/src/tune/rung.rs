//! The trainings of one rung, beside each other on threads.

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
    TuneError, TuneProgress, TuneStep, TuneStore, Unit,
    folds::Fold,
    score::{FoldOutcome, score},
};
use crate::CheckedSpec;

/// What the trainings of a search need. Each uses one thread, and so many run at once.
pub(super) struct Workshop<'a> {
    pub(super) specs: &'a [CheckedSpec],
    pub(super) folds: &'a [Fold],
    pub(super) threads: usize,
    pub(super) store: &'a dyn TuneStore,
    pub(super) cancel: &'a Cancel,
    pub(super) progress: &'a dyn TuneProgress,
    /// Epochs done so far, and at most.
    pub(super) done: AtomicU64,
    pub(super) all: u64,
}

impl Workshop<'_> {
    /// Returns what was kept of `units`.
    pub(super) fn kept(&self, units: &[Unit]) -> Result<HashMap<Unit, FoldOutcome>, TuneError> {
        let load = |&unit: &Unit| Ok(self.store.load(unit)?.map(|outcome| (unit, outcome)));
        units.iter().filter_map(|unit| load(unit).transpose()).collect()
    }

    /// Runs `units` and keeps each as soon as it is done. The outcomes depend on the units alone, not on the number of threads.
    pub(super) fn run(&self, units: &[Unit]) -> Result<HashMap<Unit, FoldOutcome>, TuneError> {
        let next = AtomicUsize::new(0);
        let mut outcomes = HashMap::new();
        let mut failure = None;
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for number in 0..self.threads.min(units.len()) {
                let (sender, next) = (sender.clone(), &next);
                let work = move || {
                    while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                        // Nobody listens any more after a failure.
                        if sender.send((*unit, self.train(*unit))).is_err() {
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
            for (unit, outcome) in receiver {
                let kept = outcome.map_err(TuneError::from).and_then(|outcome| {
                    self.store.save(unit, &outcome)?;
                    Ok(outcome)
                });
                match kept {
                    Ok(outcome) => _ = outcomes.insert(unit, outcome),
                    Err(error) => {
                        // The first failure is the one to tell; the other threads end with "cancelled".
                        failure.get_or_insert(error);
                        self.cancel.cancel();
                    }
                }
            }
        });
        failure.map_or(Ok(outcomes), Err)
    }

    /// Tells that trainings are over without having run all epochs that were counted for them.
    pub(super) fn count(&self, epochs: u64) {
        let done = self.done.fetch_add(epochs, Ordering::Relaxed) + epochs;
        self.progress.report(TuneStep::Epochs { done, all: self.all });
    }

    fn train(&self, unit: Unit) -> Result<FoldOutcome, ForecastError> {
        if self.cancel.is_cancelled() {
            return Err(ForecastError::Cancelled);
        }
        let counter = EpochCounter { workshop: self, epochs: AtomicU64::new(0) };
        let (spec, fold) = (&self.specs[unit.trial], &self.folds[unit.fold]);
        let outcome = score(spec, (unit.epochs, self.threads), fold, self.cancel, &counter)?;
        self.count(unit.epochs as u64 - counter.epochs.load(Ordering::Relaxed).min(unit.epochs as u64));
        Ok(outcome)
    }
}

/// Counts the epochs of one training.
struct EpochCounter<'a> {
    workshop: &'a Workshop<'a>,
    epochs: AtomicU64,
}

impl ProgressSink for EpochCounter<'_> {
    fn report(&self, progress: &Progress) {
        if let Progress::Epoch { .. } = progress {
            self.epochs.fetch_add(1, Ordering::Relaxed);
            self.workshop.count(1);
        }
    }
}
