//! The Yahoo provider: one request per fetch, another host after a failure.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use closecast_domain::{Clock, RawSeries, Symbol};
use reqwest::{Client, Url, header};

use super::{
    chart, http,
    read::{RawResponse, read},
    settings::YahooSettings,
    url::{base_url, chart_url},
};
use crate::provider::{FetchRange, Provider, ProviderError};

/// Yahoo Finance. Sends one request per fetch; wrap it into [`ResilientProvider`](crate::resilience::ResilientProvider)
/// for retries and limits.
pub struct YahooProvider {
    settings: YahooSettings,
    hosts: Vec<Url>,
    /// Index of the current host, advanced by a failure.
    host: AtomicUsize,
    /// A machine without certificates can serve stored data; a fetch then returns the error.
    client: Result<Client, ProviderError>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for YahooProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YahooProvider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl YahooProvider {
    /// Returns a provider with `settings` and `clock`. No request is sent.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] without a base URL, or for one that is not `http` or `https`.
    pub fn new(settings: YahooSettings, clock: Arc<dyn Clock>) -> Result<Self, ProviderError> {
        let hosts = settings.base_urls.iter().map(|text| base_url(text)).collect::<Result<Vec<_>, _>>()?;
        if hosts.is_empty() {
            return Err(ProviderError::Misconfigured { reason: "no base URL of Yahoo is configured".to_owned() });
        }
        let client = http::client(&settings, &hosts);
        Ok(Self { settings, hosts, host: AtomicUsize::new(0), client, clock })
    }

    async fn request(&self, host: &Url, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        let url = chart_url(host, symbol, range);
        let timeout = self.settings.total_timeout;
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let response = client.get(url).send().await.map_err(|error| http::failure(&error, timeout))?;
        let status = response.status().as_u16();
        let now = self.clock.now();
        let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let body = http::body(response, self.settings.max_body_bytes, timeout).await?;
        tracing::debug!(%symbol, %range, status, bytes = body.len(), "yahoo responded");
        let received = RawResponse { status, retry_after: retry_after.as_deref(), body: &body, now };
        read(symbol, range, &received, self.settings.settles_after)
    }

    /// Makes the next fetch use another host than `failed`; of several concurrent failures only one advances it.
    fn rotate_host(&self, failed: usize) {
        let next = (failed + 1) % self.hosts.len();
        let _ = self.host.compare_exchange(failed, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

#[async_trait]
impl Provider for YahooProvider {
    fn name(&self) -> &str {
        chart::SOURCE
    }

    async fn fetch(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        if range.is_empty() {
            let reason = format!("the start {} is not before the end {}", range.start, range.end);
            return Err(ProviderError::BadRequest { reason });
        }
        let index = self.host.load(Ordering::Relaxed);
        let host = self.hosts.get(index).ok_or_else(|| ProviderError::Misconfigured {
            reason: format!("there is no base address number {index}"),
        })?;
        let outcome = self.request(host, symbol, range).await;
        // The rate limit applies to the client's address on all hosts: another host would not help.
        let host_failed =
            |error: &ProviderError| error.is_retryable() && !matches!(error, ProviderError::RateLimited { .. });
        if let Some(error) = outcome.as_ref().err().filter(|error| host_failed(error)) {
            tracing::debug!(%symbol, %host, %error, "the next fetch uses another host");
            self.rotate_host(index);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotate_host_advances_once_for_concurrent_failures() {
        let base_urls = ["http://a", "http://b", "http://c"].map(str::to_owned).into();
        let settings = YahooSettings { base_urls, ..YahooSettings::default() };
        let provider = YahooProvider::new(settings, Arc::new(closecast_domain::SystemClock)).unwrap();
        for (failed, host) in [(0, 1), (0, 1), (1, 2), (0, 2), (1, 2), (2, 0)] {
            provider.rotate_host(failed);
            assert_eq!(provider.host.load(Ordering::Relaxed), host, "after {failed}");
        }
    }

    #[test]
    fn new_rejects_invalid_base_urls() {
        let with = |base_urls: &[&str]| {
            let base_urls = base_urls.iter().map(|&text| text.to_owned()).collect();
            YahooProvider::new(
                YahooSettings { base_urls, ..YahooSettings::default() },
                Arc::new(closecast_domain::SystemClock),
            )
        };
        for wrong in [&[][..], &["query1.finance.yahoo.com"], &["ftp://localhost"], &["http://"]] {
            assert!(matches!(with(wrong), Err(ProviderError::Misconfigured { .. })), "{wrong:?}");
        }
    }
}
