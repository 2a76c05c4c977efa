//! A local server in place of Yahoo, and its client.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use closecast_data::{
    provider::{FetchRange, Provider, ProviderError},
    yahoo::{YahooProvider, YahooSettings},
};
use closecast_domain::{FixedClock, RawSeries};
use serde_json::Value;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

/// Long after every session of these tests.
pub(crate) const LATER: &str = "2026-01-05T12:00:00Z";

pub(crate) fn settings(urls: &[&str]) -> YahooSettings {
    YahooSettings {
        base_urls: urls.iter().map(|&url| url.to_owned()).collect(),
        connect_timeout: Duration::from_secs(2),
        total_timeout: Duration::from_secs(5),
        ..YahooSettings::default()
    }
}

pub(crate) fn provider(settings: YahooSettings, now: &str) -> YahooProvider {
    let now = now.parse::<DateTime<Utc>>().unwrap();
    YahooProvider::new(settings, Arc::new(FixedClock(now))).unwrap()
}

pub(crate) fn range(start: &str, end: &str) -> FetchRange {
    FetchRange::new(start.parse().unwrap(), end.parse().unwrap())
}

/// Fetches `symbol` in a range that contains every session of these tests.
pub(crate) async fn fetch(provider: &YahooProvider, symbol: &str) -> Result<RawSeries, ProviderError> {
    provider.fetch(&symbol.parse().unwrap(), range("2020-01-01", "2025-12-31")).await
}

/// Starts a server that sends `response` to every request.
pub(crate) async fn serving(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

/// Fetches `symbol` at `now` from a server that sends `response` to every request.
pub(crate) async fn outcome(response: ResponseTemplate, symbol: &str, now: &str) -> Result<RawSeries, ProviderError> {
    let server = serving(response).await;
    fetch(&provider(settings(&[&server.uri()]), now), symbol).await
}

/// Fetches `symbol` from a server that sends the chart `body`, long after all of it has settled.
pub(crate) async fn chart(body: &Value, symbol: &str) -> Result<RawSeries, ProviderError> {
    outcome(ResponseTemplate::new(200).set_body_json(body), symbol, LATER).await
}
