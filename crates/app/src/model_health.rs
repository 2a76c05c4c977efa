//! The health of the models in service: what is judged, and what is kept of it for a while.

mod record;
mod review;
mod subjects;

use std::sync::Arc;

use chrono::NaiveDate;
use closecast_domain::{ForecastError, History, Symbol};
use closecast_eval::{
    TrackRecord,
    health::{self, Component, Finding},
};
use closecast_model::{InputDrift, TrainedModel};

pub use self::{record::track_record, review::review, subjects::subjects};
use crate::{
    error::AppError,
    services::Services,
    state::{Health, LoadedModel, Subject},
    use_cases::{
        forecast,
        history::{self, LoadedHistory, market_day},
        market,
    },
};

/// Sessions that are compared with the training part: a quarter of a year.
pub const DRIFT_DAYS: usize = 60;

/// Settled forecasts that are judged at most: a year of sessions.
pub const RECORD_DAYS: u64 = 250;

/// The drift of the inputs of the model in service for a symbol.
pub struct Drift {
    /// The symbol.
    pub symbol: Symbol,
    /// The model.
    pub served: Arc<LoadedModel>,
    /// What was found.
    pub drift: InputDrift,
}

/// Returns how the model `model` does for `symbol`, or the one that serves it. What was found within the last minute is told again.
///
/// # Errors
/// As for [`examine_anew`].
pub async fn examine(app: &Services, subject: &Subject) -> Result<Arc<Health>, AppError> {
    match app.healths.get(subject) {
        Some(health) => Ok(health),
        None => examine_anew(app, subject).await,
    }
}

/// Judges a model for a symbol.
///
/// # Errors
/// [`AppError::NoHistory`] or [`AppError::NoModel`] when there is none, [`AppError::Busy`] when too many wait already, [`AppError`]
/// when something cannot be read.
pub async fn examine_anew(app: &Services, subject: &Subject) -> Result<Arc<Health>, AppError> {
    let Subject { symbol, model } = subject;
    let loaded = history::load(app, symbol).await?;
    let served = forecast::serving(app, symbol, model.as_deref()).await?;
    let record = track_record(app, symbol, Some(&served.version.name), RECORD_DAYS).await?;
    let missing = sessions_after(app, &loaded.history, loaded.history.last().date);
    let as_of = loaded.history.last().date;
    let seen = served.version.card.training_cutoff(std::slice::from_ref(&loaded.history));
    let age = sessions_after(app, &loaded.history, seen.intervals);
    let quality = health::data_quality(&loaded.report);
    let drift = input_drift(app, &served, loaded, DRIFT_DAYS).await;
    let findings = vec![
        quality,
        health::data_freshness(missing),
        drift_finding(drift)?,
        health::error_against_naive(record.as_ref()),
        health::bias(record.as_ref()),
        health::interval_coverage(record.as_ref()),
        health::model_age(age),
    ];
    let (health, examined_at) = (health::Health::of(findings), app.clock.now());
    let health = Arc::new(Health { symbol: symbol.clone(), served, as_of, examined_at, health });
    app.healths.put(subject.clone(), &health);
    Ok(health)
}

/// Compares the newest `days` sessions of what the model of `symbol` is given with its training part.
///
/// # Errors
/// As for [`examine_anew`], and [`AppError::Forecast`] when the history is too short.
pub async fn drift(app: &Services, subject: &Subject, days: usize) -> Result<Drift, AppError> {
    let Subject { symbol, model } = subject;
    let loaded = history::load(app, symbol).await?;
    let served = forecast::serving(app, symbol, model.as_deref()).await?;
    let drift = input_drift(app, &served, loaded, days).await?;
    Ok(Drift { symbol: symbol.clone(), served, drift })
}

/// Returns how many sessions have been settled after `date`.
fn sessions_after(app: &Services, history: &History, date: NaiveDate) -> usize {
    let settled = market_day(app, history.exchange()).last_settled;
    date.succ_opt().map_or(0, |next| history.calendar().sessions_between(next, settled).count())
}

async fn input_drift(
    app: &Services,
    served: &Arc<LoadedModel>,
    loaded: LoadedHistory,
    days: usize,
) -> Result<InputDrift, AppError> {
    let history = match &served.model {
        TrainedModel::Base(_) => market::in_market(app, loaded.history).await?,
        TrainedModel::Lstm(_) => loaded.history,
    };
    let served = Arc::clone(served);
    Ok(app.limiter.compute(move || served.model.input_drift(&history, days)).await??)
}

/// Judges the drift; a history that is too short for it, or features that cannot be computed, are no failure here.
fn drift_finding(drift: Result<InputDrift, AppError>) -> Result<Finding, AppError> {
    let insufficient = |why: String| Finding::insufficient(Component::FeatureDrift, why, Vec::new());
    match drift {
        Ok(InputDrift::Compared { report, .. }) => Ok(health::feature_drift(&report)),
        Ok(InputDrift::NoReference { reason }) => Ok(insufficient(reason.to_owned())),
        Err(AppError::Forecast(
            error @ (ForecastError::TooShort { .. } | ForecastError::Unsuitable(_) | ForecastError::NonFinite { .. }),
        )) => Ok(insufficient(error.to_string())),
        Err(failure) => Err(failure),
    }
}

/// Returns what was found wrong with a track record, as a failure.
fn unusable(error: &closecast_eval::EvalError) -> AppError {
    ForecastError::Unsuitable(format!("the settled forecasts cannot be judged: {error}")).into()
}

/// Returns the record of `settled`, none of nothing.
fn judged(settled: &[closecast_eval::SettledForecast]) -> Result<Option<TrackRecord>, AppError> {
    if settled.is_empty() {
        return Ok(None);
    }
    TrackRecord::of(settled).map(Some).map_err(|error| unusable(&error))
}
