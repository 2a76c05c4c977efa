//! A fit stops when it is cancelled.

use std::sync::atomic::{AtomicUsize, Ordering};

use closecast_domain::{Cancel, ForecastError, NoProgress, Predict, Progress, ProgressSink};

use super::{
    Violation,
    harness::{Harness, SEED},
};

/// Cancels at the first reported batch, and counts the batches.
struct CancelAtFirstBatch {
    cancel: Cancel,
    batches: AtomicUsize,
}

impl ProgressSink for CancelAtFirstBatch {
    fn report(&self, progress: &Progress) {
        if matches!(progress, Progress::Batch { .. }) {
            self.batches.fetch_add(1, Ordering::Relaxed);
            self.cancel.cancel();
        }
    }
}

pub(super) fn check<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let cancel = Cancel::new();
    cancel.cancel();
    let early = (harness.subject.fit)(SEED, &harness.subject.history, &cancel, &NoProgress);
    check_cancelled("a fit cancelled before it began", &early)?;
    let sink = CancelAtFirstBatch { cancel: Cancel::new(), batches: AtomicUsize::new(0) };
    let late = (harness.subject.fit)(SEED, &harness.subject.history, &sink.cancel, &sink);
    match sink.batches.load(Ordering::Relaxed) {
        // Nothing was reported, so nothing was cancelled.
        0 => Ok(()),
        1 | 2 => check_cancelled("a fit cancelled at its first batch", &late),
        batches => Err(Violation::wrong("the number of batches after a cancellation", batches - 1, "at most 1")),
    }
}

fn check_cancelled<M>(during: &str, result: &Result<M, ForecastError>) -> Result<(), Violation> {
    let found = match result {
        Err(ForecastError::Cancelled) => return Ok(()),
        Err(error) => error.to_string(),
        Ok(_) => "a model".to_owned(),
    };
    Err(Violation::NotRefused { during: during.to_owned(), expected: "the error of a cancelled fit", found })
}
