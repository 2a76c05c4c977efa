//! Trains and scores one trial on one fold.

use closecast_domain::{Cancel, ForecastError, ProgressSink};
use closecast_eval::metrics::mae;
use serde::{Deserialize, Serialize};

use super::folds::Fold;
use crate::{
    CheckedSpec, StopReason,
    assessment::{Step, steps},
    epochs::{Resources, Trained, train},
    error::into_forecast_error,
};

/// Errors of a model and of the naive forecast on the scored days of one fold, in the currency of the prices.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldScore {
    /// Number of forecasts: days times sessions ahead.
    pub forecasts: usize,
    /// Mean absolute error of the model.
    pub mae: f64,
    /// Mean absolute error of the naive forecast, above 0.
    pub naive_mae: f64,
    /// Epochs run.
    pub epochs_run: usize,
    /// Epoch of the scored weights, chosen on the validation part.
    pub best_epoch: usize,
    /// Whether training stopped early, so that more epochs would not change the result.
    pub ended: bool,
}

impl FoldScore {
    /// Returns the error relative to the naive forecast: below 1 is better than naive.
    #[must_use]
    pub fn relative_mae(&self) -> f64 {
        self.mae / self.naive_mae
    }

    /// Returns whether all values are in their valid range.
    fn is_valid(&self) -> bool {
        self.mae.is_finite() && self.mae >= 0.0 && self.naive_mae.is_finite() && self.naive_mae > 0.0
    }
}

/// Outcome of a trial on a fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldOutcome {
    /// The model was trained and scored.
    Scored(FoldScore),
    /// Training failed for this reason: it diverged, or would take too much memory.
    Failed(String),
}

/// Trains `spec` for at most `epochs` epochs on the days before the scored days, on this thread, and scores it.
///
/// # Errors
/// [`ForecastError::Cancelled`]. A model that cannot be trained is an outcome, not an error.
pub(super) fn score(
    spec: &CheckedSpec,
    (epochs, concurrent): (usize, usize),
    fold: &Fold,
    cancel: &Cancel,
    progress: &dyn ProgressSink,
) -> Result<FoldOutcome, ForecastError> {
    match try_score(spec, (epochs, concurrent), fold, cancel, progress) {
        Ok(score) if score.is_valid() => Ok(FoldOutcome::Scored(score)),
        Ok(_) => Ok(FoldOutcome::Failed("the prices of the scored days do not move".to_owned())),
        Err(ForecastError::Cancelled) => Err(ForecastError::Cancelled),
        Err(error) => Ok(FoldOutcome::Failed(error.to_string())),
    }
}

fn try_score(
    spec: &CheckedSpec,
    (epochs, concurrent): (usize, usize),
    fold: &Fold,
    cancel: &Cancel,
    progress: &dyn ProgressSink,
) -> Result<FoldScore, ForecastError> {
    let dataset = fold.dataset(spec)?;
    let resources = Resources { threads: Some(1), accelerator: None, concurrent, epochs: Some(epochs) };
    let Trained { session, log } = train(spec, resources, &dataset, cancel, progress)?;
    let steps = steps(&session, &dataset, fold.history(), dataset.split.test.clone())?;
    let bars = fold.history().bars();
    // As a quoted price: the last close grown by the adjusted return.
    let last = |step: &Step| bars[step.origin].raw_close;
    let prices = |price: &dyn Fn(&Step) -> f64| steps.iter().flatten().map(price).collect::<Vec<f64>>();
    let actual = prices(&|step| last(step) * step.realised.exp());
    let error = |forecast: &dyn Fn(&Step) -> f64| mae(&actual, &prices(forecast)).map_err(into_forecast_error);
    Ok(FoldScore {
        forecasts: actual.len(),
        mae: error(&|step| last(step) * step.forecast.exp())?,
        naive_mae: error(&last)?,
        epochs_run: log.epochs.len(),
        best_epoch: log.best_epoch,
        ended: log.stopped == StopReason::Patience || log.epochs.len() == spec.spec().epochs,
    })
}
