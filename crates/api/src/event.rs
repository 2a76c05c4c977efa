//! News as it is sent to those who listen.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{Forecast, SessionForecast};
use closecast_store::{Event, EventPayload, EventTopic, ModelEvent, RegistryAction, StoredAlert};
use serde::Serialize;
use serde_json::Value;

use super::{figures::QuantileView, job::JobView};

/// A piece of news.
#[derive(Debug, Serialize)]
struct EventView {
    r#type: &'static str,
    /// Number; resuming from it tells what came after.
    sequence: i64,
    topic: EventTopic,
    symbol: Option<String>,
    at: DateTime<Utc>,
    data: DataView,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum DataView {
    Forecast(ForecastMadeView),
    Job(Box<JobView>),
    Bars(BarsStoredView),
    Alert(Box<AlertView>),
    Model(ModelChangedView),
    Other(Value),
}

/// A forecast that had not been made before.
#[derive(Debug, Serialize)]
struct ForecastMadeView {
    as_of: NaiveDate,
    last_close: f64,
    currency: Option<String>,
    model: String,
    sha256: String,
    sessions: Vec<SessionMadeView>,
    /// Where the forecast is told with all that belongs to it.
    url: String,
}

#[derive(Debug, Serialize)]
struct SessionMadeView {
    date: NaiveDate,
    predicted_close: f64,
    quantiles: Vec<QuantileView>,
}

/// Prices that were stored.
#[derive(Debug, Serialize)]
struct BarsStoredView {
    source: String,
    first_date: Option<NaiveDate>,
    last_date: Option<NaiveDate>,
    rows: u64,
}

/// An alert that was raised or is over.
#[derive(Debug, Serialize)]
struct AlertView {
    id: i64,
    /// `raised` or `resolved`.
    state: &'static str,
    kind: String,
    severity: String,
    subject: String,
    message: String,
    recommendation: String,
    value: Option<f64>,
    threshold: Option<f64>,
    raised_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
}

/// What happened to a model.
#[derive(Debug, Serialize)]
struct ModelChangedView {
    model: String,
    /// `published`, `promoted` or `rolled_back`.
    change: &'static str,
    version: u64,
    /// Version in service from then on.
    champion: u64,
    /// Version in service before.
    previous: Option<u64>,
    /// Whether it was done against the evidence, or without any.
    forced: bool,
    actor: Option<String>,
}

/// Returns the message that tells a piece of news.
pub fn text(event: Event) -> Option<String> {
    let Event { sequence, topic, symbol, at, payload: news } = event;
    let view = EventView { r#type: "event", sequence, topic, symbol, at, data: data(news) };
    serde_json::to_string(&view).ok()
}

fn data(news: EventPayload) -> DataView {
    match news {
        EventPayload::Forecast(news) => DataView::Forecast(forecast(news.forecast)),
        EventPayload::Job(job) => DataView::Job(Box::new((*job).into())),
        EventPayload::Bars(news) => DataView::Bars(BarsStoredView {
            source: news.source,
            first_date: news.first_date,
            last_date: news.last_date,
            rows: news.rows,
        }),
        EventPayload::Alert(stored) => DataView::Alert(Box::new(alert(stored))),
        EventPayload::Model(news) => DataView::Model(model(news)),
        EventPayload::Health { data, .. } => DataView::Other(data),
    }
}

fn forecast(made: Forecast) -> ForecastMadeView {
    let session = |session: SessionForecast| SessionMadeView {
        date: session.date,
        predicted_close: session.point,
        quantiles: session.quantiles.into_iter().map(Into::into).collect(),
    };
    ForecastMadeView {
        as_of: made.as_of,
        last_close: made.last_close,
        currency: made.currency,
        url: format!("/api/predictions/{}", made.symbol),
        model: made.model.name,
        sha256: made.model.sha256,
        sessions: made.sessions.into_iter().map(session).collect(),
    }
}

fn alert(StoredAlert { id, alert, raised_at, resolved_at }: StoredAlert) -> AlertView {
    AlertView {
        id,
        state: if resolved_at.is_some() { "resolved" } else { "raised" },
        kind: alert.kind,
        severity: alert.severity,
        subject: alert.subject,
        message: alert.message,
        recommendation: alert.recommendation,
        value: alert.value,
        threshold: alert.threshold,
        raised_at,
        resolved_at,
    }
}

fn model(ModelEvent { line, .. }: ModelEvent) -> ModelChangedView {
    let change = match line.action {
        RegistryAction::Publish => "published",
        RegistryAction::Promote => "promoted",
        RegistryAction::Rollback => "rolled_back",
    };
    // A version that is only published leaves the one in service where it is.
    let stays = if line.action == RegistryAction::Publish { line.previous } else { None };
    ModelChangedView {
        model: line.name,
        change,
        version: line.version,
        champion: stays.unwrap_or(line.version),
        previous: line.previous,
        forced: line.forced,
        actor: line.actor,
    }
}
