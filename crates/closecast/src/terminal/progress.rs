//! The progress of long work.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use closecast_domain::{Progress, ProgressSink};
use closecast_eval::backtest::BacktestProgress;
use closecast_model::tune::{TuneProgress, TuneStep};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use closecast_app::plural::counted;

/// A bar over the batches of all epochs, on standard error, hidden when that is not a terminal.
#[derive(Debug)]
pub(crate) struct TrainingBar {
    bar: ProgressBar,
}

impl TrainingBar {
    /// Returns a bar, or with `hidden` one that is never drawn.
    pub(crate) fn new(hidden: bool) -> Self {
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("   {bar:30} {percent:>3} %  {msg}  {elapsed} (at most {eta} left)");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }
}

impl ProgressSink for TrainingBar {
    fn report(&self, progress: &Progress) {
        match *progress {
            Progress::TrainingStarted { epochs, batches_per_epoch } => {
                self.bar.set_length((epochs * batches_per_epoch) as u64);
            }
            Progress::Batch { .. } => self.bar.inc(1),
            Progress::Epoch { epoch, train_loss, validation_loss, improved, .. } => {
                let mark = if improved { "*" } else { " " };
                self.bar.set_message(format!(
                    "epoch {epoch}: training loss {train_loss:.4}, validation {validation_loss:.4}{mark}"
                ));
            }
        }
    }
}

impl Drop for TrainingBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over the folds and models of a backtest, on standard error, hidden when that is not a terminal.
#[derive(Debug)]
pub(crate) struct BacktestBar {
    bar: ProgressBar,
}

impl BacktestBar {
    /// Returns a bar, or with `hidden` one that is never drawn.
    pub(crate) fn new(hidden: bool) -> Self {
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("   {bar:30} {pos} of {len} fits  {elapsed} (about {eta} left)");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }
}

impl BacktestProgress for BacktestBar {
    fn report(&self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
    }
}

impl Drop for BacktestBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over the epochs of a search, on standard error, hidden when that is not a terminal.
#[derive(Debug)]
pub(crate) struct TuneBar {
    bar: ProgressBar,
    best: Mutex<Option<f64>>,
}

impl TuneBar {
    /// Returns a bar, or with `hidden` one that is never drawn.
    pub(crate) fn new(hidden: bool) -> Self {
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("   {bar:20} {percent:>3} %  {elapsed} (about {eta} left)  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, best: Mutex::new(None) }
    }
}

impl TuneProgress for TuneBar {
    fn report(&self, step: TuneStep) {
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        match step {
            TuneStep::Rung { rung, rungs, trials, epochs } => {
                let best = best.map(|best| format!(", best so far {best:.4} of naive")).unwrap_or_default();
                let (models, epochs) = (counted(trials, "model"), counted(epochs, "epoch"));
                self.bar.set_message(format!("rung {rung} of {rungs}: {models} for {epochs}{best}"));
                // What was read from an earlier run says nothing about the time that the rest takes.
                self.bar.reset_eta();
            }
            TuneStep::Epochs { done, all } => {
                self.bar.set_length(all);
                self.bar.set_position(done);
            }
            TuneStep::Best { relative_mae } => *best = Some(relative_mae),
        }
    }
}

impl Drop for TuneBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
