//! A forecast as the API answers it and `--json` prints it.

use chrono::NaiveDate;
use closecast_domain::{
    DateRange, ErrorMetrics, Evaluation, Forecast, PartEvaluation, Quantile, SessionForecast, Symbol,
};
use closecast_eval::{SIGNIFICANCE_LEVEL, Verdict};
use closecast_store::ModelVersion;
use serde::Serialize;

/// A forecast with the evidence for and against the model that made it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ForecastView {
    pub(crate) symbol: Symbol,
    /// Last session whose close was known.
    pub(crate) as_of: NaiveDate,
    /// Next session of the exchange.
    pub(crate) target_date: NaiveDate,
    pub(crate) last_close: f64,
    pub(crate) predicted_close: f64,
    pub(crate) currency: Option<String>,
    /// Interval of the next session.
    pub(crate) interval: Option<IntervalView>,
    /// Every session forecast, the next one first.
    pub(crate) sessions: Vec<SessionView>,
    /// The model's errors.
    pub(crate) metrics: PartsView,
    /// Naive's errors on the same days.
    pub(crate) naive: PartsView,
    pub(crate) verdict: VerdictView,
    pub(crate) model: ModelView,
    /// The prices are older than the exchange's last settled session.
    pub(crate) stale: bool,
}

/// A central interval.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct IntervalView {
    pub(crate) level: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

/// What is forecast for one session.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SessionView {
    pub(crate) date: NaiveDate,
    pub(crate) predicted_close: f64,
    pub(crate) interval: Option<IntervalView>,
    pub(crate) quantiles: Vec<Quantile>,
}

/// Errors on the three parts of the data.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PartsView {
    pub(crate) train: ErrorMetrics,
    pub(crate) validation: ErrorMetrics,
    pub(crate) test: ErrorMetrics,
}

/// Whether the model is worth more than repeating the last close.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct VerdictView {
    pub(crate) code: &'static str,
    pub(crate) sentence: String,
}

/// The model that made the forecast.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ModelView {
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) sha256: String,
    pub(crate) architecture: String,
    pub(crate) lookback: usize,
    pub(crate) horizon: usize,
    pub(crate) parameters: usize,
    pub(crate) epochs_run: usize,
    pub(crate) best_epoch: usize,
    pub(crate) seed: u64,
    pub(crate) trained_on: DateRange,
    pub(crate) created_at: chrono::DateTime<chrono::Utc>,
    pub(crate) interval_level: f64,
    pub(crate) interval_coverage: f64,
    pub(crate) code_version: String,
}

impl ForecastView {
    /// Returns the view of `forecast` made by `version`; `None` when it forecasts no session.
    pub(crate) fn new(forecast: Forecast, version: &ModelVersion, stale: bool) -> Option<Self> {
        let level = version.card.interval_level;
        let sessions: Vec<SessionView> = forecast.sessions.iter().map(|session| session_view(session, level)).collect();
        let next = sessions.first()?.clone();
        Some(Self {
            symbol: forecast.symbol,
            as_of: forecast.as_of,
            target_date: next.date,
            last_close: forecast.last_close,
            predicted_close: next.predicted_close,
            currency: forecast.currency,
            interval: next.interval,
            sessions,
            metrics: parts(&version.card.evaluation, |part| part.model),
            naive: parts(&version.card.evaluation, |part| part.naive),
            verdict: verdict(&version.card.evaluation),
            model: model_view(version),
            stale,
        })
    }
}

fn session_view(session: &SessionForecast, level: f64) -> SessionView {
    SessionView {
        date: session.date,
        predicted_close: session.point,
        interval: session.interval(level).map(|(lower, upper)| IntervalView { level, lower, upper }),
        quantiles: session.quantiles.clone(),
    }
}

/// Returns one side of an evaluation.
pub(crate) fn parts(evaluation: &Evaluation, side: fn(&PartEvaluation) -> ErrorMetrics) -> PartsView {
    PartsView { train: side(&evaluation.train), validation: side(&evaluation.validation), test: side(&evaluation.test) }
}

/// Returns the verdict on the test days.
pub(crate) fn verdict(evaluation: &Evaluation) -> VerdictView {
    let verdict = Verdict::of(&evaluation.test, SIGNIFICANCE_LEVEL);
    VerdictView { code: verdict.code(), sentence: verdict.sentence(&evaluation.test) }
}

/// Returns the view of a published model.
pub(crate) fn model_view(version: &ModelVersion) -> ModelView {
    let card = &version.card;
    ModelView {
        name: version.name.clone(),
        version: version.version,
        sha256: version.sha256.clone(),
        architecture: card.architecture.clone(),
        lookback: card.lookback,
        horizon: card.horizon,
        parameters: card.parameters,
        epochs_run: card.epochs_run,
        best_epoch: card.best_epoch,
        seed: card.seed,
        trained_on: card.trained_on,
        created_at: version.created_at,
        interval_level: card.interval_level,
        interval_coverage: card.interval_coverage,
        code_version: card.code_version.clone(),
    }
}
