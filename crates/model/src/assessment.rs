//! Evaluation of a trained network: errors against the naive forecast on train, validation and test, and residual quantiles.

use std::ops::Range;

use closecast_domain::{Evaluation, ForecastError, History, PartEvaluation};
use closecast_eval::{Outcome, ResidualQuantile, VENTILES, conformal_quantiles, coverage, evaluate, standardise};
use closecast_nn::TrainingSession;

use crate::{
    dataset::Dataset,
    error::{engine_error, into_forecast_error, unsuitable},
};

/// Level of the prediction interval whose coverage is measured.
pub(crate) const INTERVAL_LEVEL: f64 = 0.9;

/// Result of the evaluation.
pub(crate) struct Assessment {
    pub(crate) evaluation: Evaluation,
    /// For each step ahead, the quantiles of the standardised validation residuals.
    pub(crate) residuals: Vec<Vec<ResidualQuantile>>,
    /// Share of test days inside the 90 % interval, one step ahead.
    pub(crate) coverage: f64,
}

/// A forecast and the realised value, in log returns from the origin.
pub(crate) struct Step {
    pub(crate) origin: usize,
    pub(crate) realised: f64,
    pub(crate) forecast: f64,
    /// Volatility over the step's number of days, estimated at the origin.
    sigma: f64,
}

/// Evaluates the session's network on the three parts of `dataset`.
pub(crate) fn assess(
    session: &TrainingSession,
    dataset: &Dataset,
    history: &History,
) -> Result<Assessment, ForecastError> {
    let split = &dataset.split;
    let validation = steps(session, dataset, history, split.validation.clone())?;
    let residuals = validation.iter().map(|steps| residual_quantiles(steps)).collect::<Result<Vec<_>, _>>()?;
    let test = steps(session, dataset, history, split.test.clone())?;
    let train = steps(session, dataset, history, split.train.clone())?;
    let evaluation = Evaluation {
        train: part(&train, history)?,
        validation: part(&validation, history)?,
        test: part(&test, history)?,
    };
    let coverage = match (test.first(), residuals.first()) {
        (Some(steps), Some(quantiles)) => measured_coverage(steps, quantiles)?,
        _ => return Err(unsuitable("a model with a horizon of 0 cannot be evaluated")),
    };
    Ok(Assessment { evaluation, residuals, coverage })
}

/// Returns the forecasts of `origins`, one list for each step ahead.
pub(crate) fn steps(
    session: &TrainingSession,
    dataset: &Dataset,
    history: &History,
    origins: Range<usize>,
) -> Result<Vec<Vec<Step>>, ForecastError> {
    let source = dataset.source()?;
    let origins: Vec<usize> = origins.collect();
    let outputs = session.forward(&source, &origins).map_err(engine_error)?;
    let horizon = dataset.targets.horizon();
    let bars = history.bars();
    let step = |position: usize, ahead: usize| {
        let origin = origins[position];
        let target = dataset.scale.target(outputs[position * horizon + ahead - 1]);
        Some(Step {
            origin,
            realised: (bars.get(origin + ahead)?.close / bars[origin].close).ln(),
            forecast: dataset.targets.unscale(origin, ahead, target)?,
            sigma: dataset.targets.sigma(origin)? * (ahead as f64).sqrt(),
        })
    };
    let one_ahead = |ahead: usize| -> Result<Vec<Step>, ForecastError> {
        (0..origins.len()).map(|position| step(position, ahead).ok_or_else(|| not_a_price(origins[position]))).collect()
    };
    (1..=horizon).map(one_ahead).collect()
}

fn not_a_price(origin: usize) -> ForecastError {
    ForecastError::NonFinite {
        what: "a forecast".to_owned(),
        diagnosis: format!(
            "the network's output for day {origin} is not a positive price: train with more epochs or a lower learning rate"
        ),
    }
}

/// Evaluates one-step forecasts as quoted prices. The actual price is the last close grown by the adjusted return, so that
/// dividends and splits do not affect the error.
fn part(steps: &[Vec<Step>], history: &History) -> Result<PartEvaluation, ForecastError> {
    let bars = history.bars();
    let outcome = |step: &Step| Outcome {
        date: bars[step.origin + 1].date,
        last_close: bars[step.origin].raw_close,
        actual: bars[step.origin].raw_close * step.realised.exp(),
        point: bars[step.origin].raw_close * step.forecast.exp(),
    };
    let outcomes: Vec<Outcome> = steps.first().into_iter().flatten().map(outcome).collect();
    evaluate(&outcomes).map_err(into_forecast_error)
}

fn residual_quantiles(steps: &[Step]) -> Result<Vec<ResidualQuantile>, ForecastError> {
    let list = |figure: fn(&Step) -> f64| steps.iter().map(figure).collect::<Vec<_>>();
    let residuals =
        standardise(&list(|s| s.realised), &list(|s| s.forecast), &list(|s| s.sigma)).map_err(into_forecast_error)?;
    conformal_quantiles(&residuals, &VENTILES).map_err(into_forecast_error)
}

fn measured_coverage(steps: &[Step], quantiles: &[ResidualQuantile]) -> Result<f64, ForecastError> {
    let (Some(low), Some(high)) = (quantiles.first(), quantiles.last()) else {
        return Err(unsuitable("no residual quantiles: the interval coverage cannot be measured"));
    };
    let realised: Vec<f64> = steps.iter().map(|step| step.realised).collect();
    let interval = |step: &Step| (step.forecast + step.sigma * low.z, step.forecast + step.sigma * high.z);
    let intervals: Vec<(f64, f64)> = steps.iter().map(interval).collect();
    coverage(&realised, &intervals).map_err(into_forecast_error)
}
