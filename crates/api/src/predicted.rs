//! The answer of `POST /predict`.

use chrono::NaiveDate;
use closecast_domain::Symbol;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    figures::QuantileView,
    forecast::{ForecastView, IntervalView, ModelView, PartsView, SessionView, VerdictView},
};
use closecast_app::use_cases::forecast_sent::{SentForecast, Source};

/// A forecast from prices that were sent, or from stored ones.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Predicted)]
pub struct PredictedView {
    /// Whose prices they are, where that was said.
    #[schema(value_type = Option<String>, example = "AAPL")]
    pub symbol: Option<Symbol>,
    /// Last session whose close was known.
    pub as_of: NaiveDate,
    /// Next session of the exchange.
    pub target_date: NaiveDate,
    /// Close of `as_of`: the forecast that nothing changes.
    #[schema(example = 187.4)]
    pub last_close: f64,
    /// Point forecast of the close of `target_date`.
    #[schema(example = 187.6)]
    pub predicted_close: f64,
    /// The same, under the name that older clients look for.
    #[schema(example = 187.6)]
    pub prediction: f64,
    /// Currency code, where it is known.
    pub currency: Option<String>,
    /// Interval of the next session; none where the prices do not tell enough.
    pub interval: Option<IntervalView>,
    /// Distribution of the next session's close, by rising level; empty where the prices do not tell enough.
    pub quantiles: Vec<QuantileView>,
    /// Every session forecast, the next one first.
    pub sessions: Vec<SessionView>,
    /// The model's errors; none for a model whose points are naive's by design.
    pub metrics: Option<PartsView>,
    /// Naive's errors on the same days.
    pub naive: Option<PartsView>,
    pub verdict: VerdictView,
    pub model: ModelView,
    /// How far back was asked for, and how far the model looks.
    pub lookback: LookbackView,
    /// Where the prices are from.
    pub source: SourceView,
    /// Sessions that were at hand; only told of prices that were sent.
    pub sessions_used: Option<usize>,
    /// The prices are older than the exchange's last settled session.
    pub stale: bool,
    /// Whether the forecast was stored, to be compared with the closes when they are known; absent for prices that were sent, of which
    /// nothing is stored. It is not while the disk of the database is full, or the database is locked or cannot be written.
    pub stored: Option<bool>,
    /// Why it was not stored, where it should have been.
    pub warning: Option<String>,
    /// What was assumed, found or left out.
    pub notes: Vec<String>,
}

/// How far back a forecast looks.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Lookback)]
pub struct LookbackView {
    /// Days that the client asked for.
    pub asked: Option<u64>,
    /// Days that the model looks back: it was trained for them, and for no others.
    #[schema(example = 30)]
    pub used: usize,
}

/// Where prices are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PriceSource)]
pub enum SourceView {
    /// The client sent them.
    Sent,
    /// They are stored here.
    Stored,
    /// They were fetched for this answer.
    Fetched,
}

impl PredictedView {
    /// Returns the view of a forecast from stored prices.
    pub fn stored(view: ForecastView, lookback_asked: Option<u64>) -> Self {
        let used = view.model.lookback;
        let differs = lookback_asked.filter(|&asked| asked != used as u64);
        let note = differs.map(|asked| {
            format!(
                "lookback_days is {asked}, but the model {} looks back {used} days: it was trained so.",
                view.model.name
            )
        });
        let (stored, warning) = (Some(view.stored), view.warning.clone());
        let predicted = Self::new(view, SourceView::Stored, lookback_asked, note.into_iter().collect());
        Self { stored, warning, ..predicted }
    }

    fn new(view: ForecastView, source: SourceView, asked: Option<u64>, notes: Vec<String>) -> Self {
        Self {
            symbol: Some(view.symbol),
            as_of: view.as_of,
            target_date: view.target_date,
            last_close: view.last_close,
            predicted_close: view.predicted_close,
            prediction: view.predicted_close,
            currency: view.currency,
            interval: view.interval,
            quantiles: view.sessions.first().map(|next| next.quantiles.clone()).unwrap_or_default(),
            sessions: view.sessions,
            metrics: view.metrics,
            naive: view.naive,
            verdict: view.verdict,
            lookback: LookbackView { asked, used: view.model.lookback },
            model: view.model,
            source,
            sessions_used: None,
            stale: view.stale,
            stored: None,
            warning: None,
            notes,
        }
    }
}

impl From<SentForecast> for PredictedView {
    fn from(sent: SentForecast) -> Self {
        let source = match sent.source {
            Source::Sent => SourceView::Sent,
            Source::Stored => SourceView::Stored,
            Source::Fetched => SourceView::Fetched,
        };
        let view = Self::new(ForecastView::of_sent(&sent), source, None, sent.notes);
        Self { symbol: sent.symbol, sessions_used: Some(sent.sessions_used), ..view }
    }
}
