//! One model on one fold.

use closecast_domain::{Cancel, ForecastError, ProgressSink};
use closecast_eval::metrics::mae;
use serde::{Deserialize, Serialize};

use super::folds::Fold;
use crate::{
    CheckedSpec, StopReason,
    assessment::{Step, steps},
    dataset::unsuitable,
    epochs::{Resources, Trained, train},
};

/// The error of one model on the scored days of one fold, in the price's currency, beside naive's on the same days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldScore {
    /// Forecasts scored: days times sessions ahead.
    pub forecasts: usize,
    /// Mean absolute error of the model.
    pub mae: f64,
    /// Mean absolute error of the naive forecast, above 0.
    pub naive_mae: f64,
    /// Epochs trained.
    pub epochs_run: usize,
    /// Epoch of the weights that were scored, chosen on days before the scored ones.
    pub best_epoch: usize,
    /// Whether training had ended by itself, so that more epochs would change nothing.
    pub ended: bool,
}

impl FoldScore {
    /// Returns the model's error as a share of naive's: below 1 is better than naive.
    #[must_use]
    pub fn relative_mae(&self) -> f64 {
        self.mae / self.naive_mae
    }

    /// Returns whether all figures are what a score can have.
    fn is_sound(&self) -> bool {
        self.mae.is_finite() && self.mae >= 0.0 && self.naive_mae.is_finite() && self.naive_mae > 0.0
    }
}

/// What became of one model on one fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldOutcome {
    /// It was trained and scored.
    Scored(FoldScore),
    /// It could not be, for this reason: it diverged, or takes too much memory.
    Failed(String),
}

/// Trains `spec` for at most `epochs` epochs on what is before the scored days, on this thread, and scores it on them.
///
/// # Errors
/// [`ForecastError::Cancelled`] alone: a model that cannot be trained is an outcome.
pub(super) fn score(
    spec: &CheckedSpec,
    (epochs, beside): (usize, usize),
    fold: &Fold,
    cancel: &Cancel,
    progress: &dyn ProgressSink,
) -> Result<FoldOutcome, ForecastError> {
    match try_score(spec, (epochs, beside), fold, cancel, progress) {
        Ok(score) if score.is_sound() => Ok(FoldOutcome::Scored(score)),
        Ok(_) => Ok(FoldOutcome::Failed("the prices of the scored days do not move".to_owned())),
        Err(ForecastError::Cancelled) => Err(ForecastError::Cancelled),
        Err(error) => Ok(FoldOutcome::Failed(error.to_string())),
    }
}

fn try_score(
    spec: &CheckedSpec,
    (epochs, beside): (usize, usize),
    fold: &Fold,
    cancel: &Cancel,
    progress: &dyn ProgressSink,
) -> Result<FoldScore, ForecastError> {
    let dataset = fold.dataset(spec)?;
    let resources = Resources { threads: Some(1), accelerator: None, beside, epochs: Some(epochs) };
    let Trained { session, log } = train(spec, resources, &dataset, cancel, progress)?;
    let steps = steps(&session, &dataset, fold.history(), dataset.split.test.clone())?;
    let bars = fold.history().bars();
    // As a quoted price: the last close, grown by the adjusted return.
    let last = |step: &Step| bars[step.origin].raw_close;
    let prices = |price: &dyn Fn(&Step) -> f64| steps.iter().flatten().map(price).collect::<Vec<f64>>();
    let actual = prices(&|step| last(step) * step.realised.exp());
    let error = |forecast: &dyn Fn(&Step) -> f64| mae(&actual, &prices(forecast)).map_err(unsuitable);
    Ok(FoldScore {
        forecasts: actual.len(),
        mae: error(&|step| last(step) * step.forecast.exp())?,
        naive_mae: error(&last)?,
        epochs_run: log.epochs.len(),
        best_epoch: log.best_epoch,
        ended: log.stopped == StopReason::Patience || log.epochs.len() == spec.spec().epochs,
    })
}
