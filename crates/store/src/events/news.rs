//! What can be told.

use chrono::NaiveDate;
use closecast_domain::{Forecast, RawSeries};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Job, RegistryEvent, StoredAlert};

/// The result of a job is left out of the news about it when it is longer than this: the job itself has it.
const LONGEST_RESULT: usize = 8 * 1024;

/// What news is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventTopic {
    /// Forecasts, when they are first made.
    Forecasts,
    /// Work in the background: waiting, running, how far, ended.
    Jobs,
    /// Prices that were stored.
    Bars,
    /// What a person should look at, and what is over.
    Alerts,
    /// The state of models: which version serves, and how well.
    Health,
}

impl EventTopic {
    /// All topics.
    pub const ALL: [Self; 5] = [Self::Forecasts, Self::Jobs, Self::Bars, Self::Alerts, Self::Health];

    /// Returns the name of the topic, in small letters.
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

    /// Returns the topic of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// Something that happened, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum News {
    /// A forecast was made that had not been made before.
    Forecast(ForecastNews),
    /// A job was put into the queue, begun, came further, or ended.
    Job(Box<Job>),
    /// Prices of a symbol were stored.
    Bars(SeriesNews),
    /// An alert was raised or is over.
    Alert(StoredAlert),
    /// A version of a model was published or put into service.
    Model(ModelNews),
    /// Something else about how well a model does.
    Health {
        /// Symbol concerned.
        symbol: Option<String>,
        /// What is told, as an object.
        data: Value,
    },
}

/// A forecast that had not been made before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForecastNews {
    /// The forecast.
    pub forecast: Forecast,
}

/// Prices that were stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesNews {
    /// Symbol.
    pub symbol: String,
    /// Where they come from.
    pub source: String,
    /// Oldest session stored.
    pub first_date: Option<NaiveDate>,
    /// Newest session stored.
    pub last_date: Option<NaiveDate>,
    /// Rows stored.
    pub rows: u64,
}

/// A line of the registry's book, and whose model it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelNews {
    /// Symbol of the model; none for the one of all symbols.
    pub symbol: Option<String>,
    /// What happened.
    pub line: RegistryEvent,
}

impl News {
    /// Returns what it is about.
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

    /// Returns the symbol concerned, where it is one alone.
    #[must_use]
    pub fn symbol(&self) -> Option<String> {
        match self {
            Self::Forecast(news) => Some(news.forecast.symbol.to_string()),
            Self::Job(job) => symbol_of(&job.payload),
            Self::Bars(news) => Some(news.symbol.clone()),
            Self::Alert(stored) => Some(stored.alert.symbol().to_owned()),
            Self::Model(news) => news.symbol.clone(),
            Self::Health { symbol, .. } => symbol.clone(),
        }
    }

    pub(crate) fn job(mut job: Job) -> Self {
        if job.result.as_ref().is_some_and(|result| result.to_string().len() > LONGEST_RESULT) {
            job.result = None;
        }
        Self::Job(Box::new(job))
    }

    pub(crate) fn bars(series: &RawSeries) -> Self {
        let dates = || series.bars.iter().map(|bar| bar.date);
        Self::Bars(SeriesNews {
            symbol: series.symbol.to_string(),
            source: series.source.clone(),
            first_date: dates().min(),
            last_date: dates().max(),
            rows: series.bars.len() as u64,
        })
    }
}

/// Returns the symbol of a job: the one that it names, the only one of those that it names, or the name of its model, which is that of
/// its symbol unless somebody chose another.
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
    fn a_job_is_about_the_symbol_that_it_names_alone() {
        let named = |payload: Value| symbol_of(&payload);
        assert_eq!(named(json!({ "symbol": "AAPL", "model_name": "other" })).as_deref(), Some("AAPL"));
        assert_eq!(named(json!({ "symbols": ["IBM"] })).as_deref(), Some("IBM"));
        assert_eq!(named(json!({ "symbols": ["IBM", "AAPL"] })), None);
        assert_eq!(named(json!({ "model_name": "AAPL", "version": 2 })).as_deref(), Some("AAPL"));
        assert_eq!(named(json!({})), None);
    }

    #[test]
    fn an_alert_is_about_its_symbol_whatever_model_serves_it() {
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
            assert_eq!(News::Alert(stored).symbol().as_deref(), Some("AAPL"));
        }
    }

    #[test]
    fn a_topic_is_found_by_its_name() {
        for topic in EventTopic::ALL {
            assert_eq!(EventTopic::named(topic.name()), Some(topic));
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.name());
        }
        assert_eq!(EventTopic::named("whitelist"), None);
    }
}
