//! Contents of events.

use chrono::NaiveDate;
use closecast_domain::{Forecast, RawSeries};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Job, RegistryEvent, StoredAlert};

/// A longer result is omitted from the event of a job; the job itself has it.
const MAX_RESULT_BYTES: usize = 8 * 1024;

/// Topic of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventTopic {
    /// New forecasts.
    Forecasts,
    /// Background jobs: queued, running, progress, ended.
    Jobs,
    /// Stored prices.
    Bars,
    /// Alerts that were raised or resolved.
    Alerts,
    /// State of models: the version in service and its accuracy.
    Health,
}

impl EventTopic {
    /// All topics.
    pub const ALL: [Self; 5] = [Self::Forecasts, Self::Jobs, Self::Bars, Self::Alerts, Self::Health];

    /// Returns the name of the topic in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Forecasts => "forecasts",
            Self::Jobs => "jobs",
            Self::Bars => "bars",
            Self::Alerts => "alerts",
            Self::Health => "health",
        }
    }

    /// Returns the topic with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum EventPayload {
    /// A new forecast.
    Forecast(ForecastEvent),
    /// A job was queued, started, progressed or ended.
    Job(Box<Job>),
    /// Prices of a symbol were stored.
    Bars(SeriesEvent),
    /// An alert was raised or resolved.
    Alert(StoredAlert),
    /// A version of a model was published or put into service.
    Model(ModelEvent),
    /// Other information about the health of a model.
    Health {
        /// Symbol concerned.
        symbol: Option<String>,
        /// Details, as an object.
        data: Value,
    },
}

/// A new forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForecastEvent {
    /// The forecast.
    pub forecast: Forecast,
}

/// Prices that were stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesEvent {
    /// Symbol.
    pub symbol: String,
    /// Source of the prices.
    pub source: String,
    /// Oldest session stored.
    pub first_date: Option<NaiveDate>,
    /// Newest session stored.
    pub last_date: Option<NaiveDate>,
    /// Rows stored.
    pub rows: u64,
}

/// A registry event and the symbol of its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelEvent {
    /// Symbol of the model; `None` for a model of all symbols.
    pub symbol: Option<String>,
    /// The registry event.
    pub line: RegistryEvent,
}

impl EventPayload {
    /// Returns the topic.
    #[must_use]
    pub fn topic(&self) -> EventTopic {
        match self {
            Self::Forecast(_) => EventTopic::Forecasts,
            Self::Job(_) => EventTopic::Jobs,
            Self::Bars(_) => EventTopic::Bars,
            Self::Alert(_) => EventTopic::Alerts,
            Self::Model(_) | Self::Health { .. } => EventTopic::Health,
        }
    }

    /// Returns the affected symbol if there is exactly one.
    #[must_use]
    pub fn symbol(&self) -> Option<String> {
        match self {
            Self::Forecast(event) => Some(event.forecast.symbol.to_string()),
            Self::Job(job) => symbol_of(&job.payload),
            Self::Bars(event) => Some(event.symbol.clone()),
            Self::Alert(stored) => Some(stored.alert.symbol().to_owned()),
            Self::Model(event) => event.symbol.clone(),
            Self::Health { symbol, .. } => symbol.clone(),
        }
    }

    pub(crate) fn job(mut job: Job) -> Self {
        if job.result.as_ref().is_some_and(|result| result.to_string().len() > MAX_RESULT_BYTES) {
            job.result = None;
        }
        Self::Job(Box::new(job))
    }

    pub(crate) fn bars(series: &RawSeries) -> Self {
        let dates = || series.bars.iter().map(|bar| bar.date);
        Self::Bars(SeriesEvent {
            symbol: series.symbol.to_string(),
            source: series.source.clone(),
            first_date: dates().min(),
            last_date: dates().max(),
            rows: series.bars.len() as u64,
        })
    }
}

/// Returns the symbol of a job: the `symbol` of its payload, the only one of its `symbols`, or its `model_name`, which
/// is usually that of the symbol.
fn symbol_of(payload: &Value) -> Option<String> {
    let only = payload["symbols"].as_array().filter(|symbols| symbols.len() == 1).map(|symbols| &symbols[0]);
    let named = [Some(&payload["symbol"]), only, Some(&payload["model_name"])];
    named.into_iter().flatten().find_map(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn symbol_of_job_is_the_only_symbol_in_its_payload() {
        let named = |payload: Value| symbol_of(&payload);
        assert_eq!(named(json!({ "symbol": "AAPL", "model_name": "other" })).as_deref(), Some("AAPL"));
        assert_eq!(named(json!({ "symbols": ["IBM"] })).as_deref(), Some("IBM"));
        assert_eq!(named(json!({ "symbols": ["IBM", "AAPL"] })), None);
        assert_eq!(named(json!({ "model_name": "AAPL", "version": 2 })).as_deref(), Some("AAPL"));
        assert_eq!(named(json!({})), None);
    }

    #[test]
    fn symbol_of_alert_does_not_depend_on_the_model() {
        let symbol = closecast_domain::Symbol::new("AAPL").unwrap();
        for (model, subject) in [("AAPL", "AAPL"), ("BASE", "AAPL by BASE")] {
            let alert = crate::Alert {
                kind: "bias".into(),
                severity: "critical".into(),
                subject: crate::Alert::subject_of(&symbol, model),
                message: String::new(),
                recommendation: String::new(),
                value: None,
                threshold: None,
            };
            assert_eq!(alert.subject, subject);
            let stored = StoredAlert { id: 1, alert, raised_at: chrono::DateTime::UNIX_EPOCH, resolved_at: None };
            assert_eq!(EventPayload::Alert(stored).symbol().as_deref(), Some("AAPL"));
        }
    }

    #[test]
    fn named_finds_topic_by_its_serialised_name() {
        for topic in EventTopic::ALL {
            assert_eq!(EventTopic::named(topic.name()), Some(topic));
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.name());
        }
        assert_eq!(EventTopic::named("whitelist"), None);
    }
}
