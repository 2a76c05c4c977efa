//! A forecast as the API answers it and `--json` prints it.

use chrono::NaiveDate;
use closecast_app::{model_verdict::ModelVerdict, state::CachedForecast, use_cases::forecast_sent::SentForecast};
use closecast_domain::{Card, ErrorMetrics, Evaluation, Forecast, PartEvaluation, SessionForecast, Symbol};
use closecast_store::ModelVersion;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::{CoverageView, DateRangeView, ErrorsView, QuantileView};

/// A forecast with the evidence for and against the model that made it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Forecast)]
pub struct ForecastView {
    #[schema(value_type = String, example = "AAPL")]
    pub symbol: Symbol,
    /// Last session whose close was known.
    pub as_of: NaiveDate,
    /// Next session of the exchange.
    pub target_date: NaiveDate,
    pub last_close: f64,
    pub predicted_close: f64,
    pub currency: Option<String>,
    /// Interval of the next session.
    pub interval: Option<IntervalView>,
    /// Every session forecast, the next one first.
    pub sessions: Vec<SessionView>,
    /// The model's errors; none for a model whose points are naive's by design.
    pub metrics: Option<PartsView>,
    /// Naive's errors on the same days.
    pub naive: Option<PartsView>,
    pub verdict: VerdictView,
    pub model: ModelView,
    /// The prices are older than the exchange's last settled session.
    pub stale: bool,
    /// Whether the forecast was stored, to be compared with the closes when they are known. It is not while the disk of the database is
    /// full, or the database is locked or cannot be written.
    pub stored: bool,
    /// Why it was not stored.
    pub warning: Option<String>,
}

/// A central interval.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Interval)]
pub struct IntervalView {
    pub level: f64,
    pub lower: f64,
    pub upper: f64,
}

/// What is forecast for one session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionForecast)]
pub struct SessionView {
    pub date: NaiveDate,
    pub predicted_close: f64,
    pub interval: Option<IntervalView>,
    pub quantiles: Vec<QuantileView>,
}

/// Errors on the three parts of the data.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = ErrorsByPart)]
pub struct PartsView {
    pub train: ErrorsView,
    pub validation: ErrorsView,
    pub test: ErrorsView,
}

/// Whether the model is worth more than repeating the last close.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Verdict)]
pub struct VerdictView {
    #[schema(example = "no_better_than_naive")]
    pub code: &'static str,
    pub sentence: String,
}

/// For whom a model was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ModelKind)]
pub enum Kind {
    /// For this symbol alone.
    Specific,
    /// For this symbol, from the model of all symbols.
    FineTuned,
    /// For all symbols.
    Base,
}

/// The model that made the forecast.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub struct ModelView {
    pub name: String,
    pub kind: Kind,
    /// Whose prices it was made for, and its errors are those of; absent for a model of all symbols.
    #[schema(value_type = Option<String>, example = "AAPL")]
    pub symbol: Option<Symbol>,
    /// 0 for the model that ships with the program.
    pub version: u64,
    pub sha256: String,
    pub architecture: String,
    pub lookback: usize,
    pub horizon: usize,
    pub parameters: usize,
    pub epochs_run: usize,
    pub best_epoch: usize,
    pub seed: u64,
    pub trained_on: DateRangeView,
    /// Absent for the model that ships with the program.
    pub created_at: Option<chrono::DateTime<chrono::Utc>>,
    pub interval_level: f64,
    /// Share of closes that fell into that interval on days that the model was not fitted on.
    pub interval_coverage: Option<f64>,
    /// The same for other levels, where they were measured.
    pub coverage: Option<CoverageView>,
    pub code_version: String,
}

impl ForecastView {
    /// Returns the view of a forecast that is kept.
    pub fn new(answer: &CachedForecast) -> Self {
        let view = Self::of(&answer.forecast, &answer.served.version, answer.stale);
        Self { stored: answer.warning.is_none(), warning: answer.warning.clone(), ..view }
    }

    /// Returns the view of a forecast from prices that were sent.
    pub(crate) fn of_sent(sent: &SentForecast) -> Self {
        Self::of(&sent.forecast, &sent.served.version, sent.stale)
    }

    fn of(forecast: &Forecast, version: &ModelVersion, stale: bool) -> Self {
        let (level, _) = version.card.interval();
        let sessions: Vec<SessionView> = forecast.sessions.iter().map(|session| session_view(session, level)).collect();
        let next = sessions.first();
        Self {
            symbol: forecast.symbol.clone(),
            as_of: forecast.as_of,
            target_date: next.map_or(forecast.as_of, |next| next.date),
            last_close: forecast.last_close,
            predicted_close: next.map_or(forecast.last_close, |next| next.predicted_close),
            currency: forecast.currency.clone(),
            interval: next.and_then(|next| next.interval),
            sessions,
            metrics: version.card.evaluation().map(|evaluation| parts(evaluation, |part| part.model)),
            naive: version.card.evaluation().map(|evaluation| parts(evaluation, |part| part.naive)),
            verdict: verdict(&version.card),
            model: model_view(version),
            stale,
            stored: true,
            warning: None,
        }
    }
}

fn session_view(session: &SessionForecast, level: f64) -> SessionView {
    SessionView {
        date: session.date,
        predicted_close: session.point,
        interval: session.interval(level).map(|(lower, upper)| IntervalView { level, lower, upper }),
        quantiles: session.quantiles.iter().copied().map(QuantileView::from).collect(),
    }
}

/// Returns one side of an evaluation.
pub fn parts(evaluation: &Evaluation, side: fn(&PartEvaluation) -> ErrorMetrics) -> PartsView {
    let side = |part| ErrorsView::from(side(part));
    PartsView { train: side(&evaluation.train), validation: side(&evaluation.validation), test: side(&evaluation.test) }
}

/// Returns the verdict on a model.
pub fn verdict(card: &Card) -> VerdictView {
    let ModelVerdict { code, sentence } = ModelVerdict::of(card);
    VerdictView { code, sentence }
}

/// Returns the view of a published model.
pub fn model_view(version: &ModelVersion) -> ModelView {
    let (interval_level, interval_coverage) = version.card.interval();
    let created_at = (version.version > 0).then_some(version.created_at);
    let view = ModelView {
        name: version.name.clone(),
        kind: Kind::Specific,
        symbol: version.card.symbol().cloned(),
        version: version.version,
        sha256: version.sha256.clone(),
        architecture: String::new(),
        lookback: 0,
        horizon: 0,
        parameters: 0,
        epochs_run: 0,
        best_epoch: 0,
        seed: 0,
        trained_on: version.card.trained_on().into(),
        created_at,
        interval_level,
        interval_coverage,
        coverage: None,
        code_version: String::new(),
    };
    match &version.card {
        Card::Symbol(card) => ModelView {
            architecture: card.architecture.clone(),
            lookback: card.lookback,
            horizon: card.horizon,
            parameters: card.parameters,
            epochs_run: card.epochs_run,
            best_epoch: card.best_epoch,
            seed: card.seed,
            code_version: card.code_version.clone(),
            ..view
        },
        Card::Base(card) => ModelView {
            kind: if card.fine_tuned_for.is_some() { Kind::FineTuned } else { Kind::Base },
            architecture: card.head.name().to_owned(),
            lookback: card.lookback,
            horizon: card.horizon,
            parameters: card.parameters * card.members,
            epochs_run: card.epochs,
            best_epoch: card.epochs,
            seed: card.seed,
            coverage: card.coverage.as_ref().map(CoverageView::from),
            code_version: card.code_version.clone(),
            ..view
        },
    }
}
