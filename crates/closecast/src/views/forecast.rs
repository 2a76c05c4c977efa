//! A forecast as the API answers it and `--json` prints it.

use chrono::NaiveDate;
use closecast_domain::{
    BaseCard, Card, ErrorMetrics, Evaluation, Forecast, Head, PartEvaluation, SessionForecast, Symbol,
};
use closecast_eval::{SIGNIFICANCE_LEVEL, Verdict};
use closecast_store::ModelVersion;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::{CoverageView, DateRangeView, ErrorsView, QuantileView};

/// A forecast with the evidence for and against the model that made it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Forecast)]
pub(crate) struct ForecastView {
    #[schema(value_type = String, example = "AAPL")]
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
    /// The model's errors; none for a model whose points are naive's by design.
    pub(crate) metrics: Option<PartsView>,
    /// Naive's errors on the same days.
    pub(crate) naive: Option<PartsView>,
    pub(crate) verdict: VerdictView,
    pub(crate) model: ModelView,
    /// The prices are older than the exchange's last settled session.
    pub(crate) stale: bool,
    /// Whether the forecast was stored, to be compared with the closes when they are known. It is not while the disk of the database is
    /// full, or the database is locked or cannot be written.
    pub(crate) stored: bool,
    /// Why it was not stored.
    pub(crate) warning: Option<String>,
}

/// A central interval.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Interval)]
pub(crate) struct IntervalView {
    pub(crate) level: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

/// What is forecast for one session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionForecast)]
pub(crate) struct SessionView {
    pub(crate) date: NaiveDate,
    pub(crate) predicted_close: f64,
    pub(crate) interval: Option<IntervalView>,
    pub(crate) quantiles: Vec<QuantileView>,
}

/// Errors on the three parts of the data.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = ErrorsByPart)]
pub(crate) struct PartsView {
    pub(crate) train: ErrorsView,
    pub(crate) validation: ErrorsView,
    pub(crate) test: ErrorsView,
}

/// Whether the model is worth more than repeating the last close.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Verdict)]
pub(crate) struct VerdictView {
    #[schema(example = "no_better_than_naive")]
    pub(crate) code: &'static str,
    pub(crate) sentence: String,
}

/// For whom a model was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ModelKind)]
pub(crate) enum Kind {
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
pub(crate) struct ModelView {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Whose prices it was made for, and its errors are those of; absent for a model of all symbols.
    #[schema(value_type = Option<String>, example = "AAPL")]
    pub(crate) symbol: Option<Symbol>,
    /// 0 for the model that ships with the program.
    pub(crate) version: u64,
    pub(crate) sha256: String,
    pub(crate) architecture: String,
    pub(crate) lookback: usize,
    pub(crate) horizon: usize,
    pub(crate) parameters: usize,
    pub(crate) epochs_run: usize,
    pub(crate) best_epoch: usize,
    pub(crate) seed: u64,
    pub(crate) trained_on: DateRangeView,
    /// Absent for the model that ships with the program.
    pub(crate) created_at: Option<chrono::DateTime<chrono::Utc>>,
    pub(crate) interval_level: f64,
    /// Share of closes that fell into that interval on days that the model was not fitted on.
    pub(crate) interval_coverage: Option<f64>,
    /// The same for other levels, where they were measured.
    pub(crate) coverage: Option<CoverageView>,
    pub(crate) code_version: String,
}

impl ForecastView {
    /// Returns the view of `forecast` made by `version`, as one that is stored; `None` when it forecasts no session.
    pub(crate) fn new(forecast: Forecast, version: &ModelVersion, stale: bool) -> Option<Self> {
        let (level, _) = version.card.interval();
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
            metrics: version.card.evaluation().map(|evaluation| parts(evaluation, |part| part.model)),
            naive: version.card.evaluation().map(|evaluation| parts(evaluation, |part| part.naive)),
            verdict: verdict(&version.card),
            model: model_view(version),
            stale,
            stored: true,
            warning: None,
        })
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
pub(crate) fn parts(evaluation: &Evaluation, side: fn(&PartEvaluation) -> ErrorMetrics) -> PartsView {
    let side = |part| ErrorsView::from(side(part));
    PartsView { train: side(&evaluation.train), validation: side(&evaluation.validation), test: side(&evaluation.test) }
}

/// Returns the verdict on the test days.
pub(crate) fn verdict(card: &Card) -> VerdictView {
    match card {
        Card::Symbol(card) => {
            let verdict = Verdict::of(&card.evaluation.test, SIGNIFICANCE_LEVEL);
            VerdictView { code: verdict.code(), sentence: verdict.sentence(&card.evaluation.test) }
        }
        Card::Base(card) if card.head == Head::Spread => {
            let what = "This model forecasts how far the close may move, not which way: its point is the last close, as naive's.";
            VerdictView { code: "spread_only", sentence: format!("{what}{}", held(card)) }
        }
        Card::Base(card) => {
            let what = "This model forecasts the distribution of the close; `closecast backtest` measures such models beside naive.";
            VerdictView { code: "distribution", sentence: format!("{what}{}", held(card)) }
        }
    }
}

/// Says how often the 90 % interval held on days after the training.
fn held(card: &BaseCard) -> String {
    let measured = card.coverage.as_ref().and_then(|coverage| Some((coverage.at(0.9)?, coverage)));
    measured.map_or(String::new(), |(share, coverage)| {
        let (share, days, forecasts) = (share * 100.0, coverage.days, coverage.forecasts);
        format!(" On {days} sessions after its training the 90 % interval held {share:.1} % of {forecasts} closes.")
    })
}

/// Returns the view of a published model.
pub(crate) fn model_view(version: &ModelVersion) -> ModelView {
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
