//! Daily bars from Yahoo Finance: the `/v8/finance/chart` route, which needs neither key nor cookie.
//!
//! The format is read here and not by the crate `yfinance-rs` (0.9.1 looked at): that one drops the sessions without a
//! price, which the quality report must see; its candles do not tell the unfinished bar of today; volumes are whole
//! numbers and prices decimals, to be turned back into floats; and it brings some 200 crates, a C build among them.
//!
//! | file | idea |
//! |---|---|
//! | `http.rs` | limits of time and size, causes of failure |
//! | `answer.rs` | what an answer is, whatever its status and content type say |
//! | `wire.rs` | the JSON |
//! | `chart.rs`, `events.rs`, `session.rs` | JSON to bars: dates, dividends and splits, the live bar |

mod answer;
mod chart;
mod events;
mod http;
mod retry_after;
#[cfg(test)]
mod robustness;
mod session;
mod sparing;
mod wire;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use closecast_domain::{Clock, Exchange, RawSeries, Symbol, TradingCalendar};
use reqwest::{Client, Url, header};

use crate::{
    exchange_time::{midnight, within_reason},
    provider::{FetchRange, Provider, ProviderError},
};

/// What a browser calls itself. Yahoo answers 429 to the names of programs.
const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
/// Days asked for in addition on both sides where the exchange's time zone is not known beforehand. Sydney opens on the
/// day before in UTC.
const MARGIN: Days = Days::new(1);

/// How Yahoo is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YahooSettings {
    /// Addresses that answer the same; the next one is used from the fetch after a failure on.
    pub base_urls: Vec<String>,
    /// `User-Agent`; one that does not look like a browser is answered with 429.
    pub user_agent: String,
    /// Time allowed to connect.
    pub connect_timeout: Duration,
    /// Time allowed from the request to the last byte of the answer.
    pub total_timeout: Duration,
    /// Largest answer read, in bytes after decompression. Sixty years of daily bars are about 2 MiB.
    pub max_body_bytes: usize,
    /// How long after the close a bar still counts as live: quotes of B3 and others come up to 20 minutes late, and the
    /// closing auction is corrected for some minutes more.
    pub settles_after: Duration,
}

impl Default for YahooSettings {
    fn default() -> Self {
        Self {
            base_urls: ["https://query1.finance.yahoo.com", "https://query2.finance.yahoo.com"]
                .map(str::to_owned)
                .into(),
            user_agent: BROWSER.to_owned(),
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            max_body_bytes: 32 * 1024 * 1024,
            settles_after: Duration::from_secs(30 * 60),
        }
    }
}

/// Yahoo Finance. One request a fetch; wrap it into [`Guarded`](crate::guard::Guarded) for retries and limits.
pub struct YahooProvider {
    settings: YahooSettings,
    hosts: Vec<Url>,
    /// Index of the host to ask, moved on by a failure.
    host: AtomicUsize,
    /// A machine without certificates can serve what is stored; it learns of the trouble when it fetches.
    client: Result<Client, ProviderError>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for YahooProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YahooProvider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl YahooProvider {
    /// Returns a provider that asks as `settings` say and takes the time from `clock`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] without a base address, or for one that is not `http` or `https`.
    pub fn new(settings: YahooSettings, clock: Arc<dyn Clock>) -> Result<Self, ProviderError> {
        let hosts = settings.base_urls.iter().map(|text| base_url(text)).collect::<Result<Vec<_>, _>>()?;
        if hosts.is_empty() {
            return Err(ProviderError::Misconfigured { reason: "no base address of Yahoo is given".to_owned() });
        }
        let client = http::client(&settings, &hosts);
        Ok(Self { settings, hosts, host: AtomicUsize::new(0), client, clock })
    }

    async fn ask(&self, host: &Url, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        let url = chart_url(host, symbol, range);
        let timeout = self.settings.total_timeout;
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let response = client.get(url).send().await.map_err(|error| http::failure(&error, timeout))?;
        let status = response.status().as_u16();
        let now = self.clock.now();
        let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let body = http::body(response, self.settings.max_body_bytes, timeout).await?;
        tracing::debug!(%symbol, %range, status, bytes = body.len(), "yahoo answered");
        let received = Received { status, retry_after: retry_after.as_deref(), body: &body, now };
        read(symbol, range, &received, self.settings.settles_after)
    }

    /// Lets the next fetch ask another host than `failed`; of several fetches that fail at once only one moves it on.
    fn leave_host(&self, failed: usize) {
        let next = (failed + 1) % self.hosts.len();
        let _ = self.host.compare_exchange(failed, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// What came back over the network, and when.
#[doc(hidden)] // public for the fuzz targets alone: hostile bytes must reach the reader without a server
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<&'a str>,
    /// The body, decompressed.
    pub body: &'a [u8],
    /// The present.
    pub now: DateTime<Utc>,
}

/// Returns the bars in an answer to the question for `symbol` and `range`; those of a session that ended less than
/// `settles_after` ago are live.
///
/// # Errors
/// Every variant of [`ProviderError`] that an answer can express.
#[doc(hidden)] // as above
pub fn read(
    symbol: &Symbol,
    range: FetchRange,
    received: &Received<'_>,
    settles_after: Duration,
) -> Result<RawSeries, ProviderError> {
    let Received { status, retry_after, body, now } = *received;
    let retry_after = retry_after.and_then(|value| retry_after::parse(value, now));
    let answer = answer::Answer { symbol, range, status, retry_after, body };
    let settlement = session::Settlement { calendar: TradingCalendar::new(Exchange::of(symbol)), settles_after, now };
    chart::series(&answer, answer.chart()?, &settlement)
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
        let outcome = self.ask(host, symbol, range).await;
        // The limit on requests is one per address of ours and common to all hosts: changing over would not help.
        let host_failed =
            |error: &ProviderError| error.is_retryable() && !matches!(error, ProviderError::RateLimited { .. });
        if let Some(error) = outcome.as_ref().err().filter(|error| host_failed(error)) {
            tracing::debug!(%symbol, %host, %error, "the next fetch asks another host");
            self.leave_host(index);
        }
        outcome
    }
}

fn base_url(text: &str) -> Result<Url, ProviderError> {
    let misconfigured = |why: &str| ProviderError::Misconfigured {
        reason: format!(
            "the base address {text:?} is not valid ({why}): give one such as https://query1.finance.yahoo.com"
        ),
    };
    let url = Url::parse(text).map_err(|error| misconfigured(&error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(misconfigured(&format!("{other} is not http or https"))),
    }
}

fn chart_url(host: &Url, symbol: &Symbol, range: FetchRange) -> Url {
    let (start, end) = period(Exchange::of(symbol), range);
    let mut url = host.clone();
    // The only character of a symbol that a path must not hold; the url crate would leave it as it is.
    let symbol = symbol.as_str().replace('^', "%5E");
    url.set_path(&format!("{}/v8/finance/chart/{symbol}", host.path().trim_end_matches('/')));
    url.query_pairs_mut()
        .append_pair("period1", &start.to_string())
        .append_pair("period2", &end.to_string())
        .append_pair("interval", chart::GRANULARITY)
        .append_pair("events", "div,splits,capitalGains")
        .append_pair("includeAdjustedClose", "true");
    url
}

/// Returns the Unix seconds from which and until before which sessions may open that lie in `range`.
fn period(exchange: Exchange, range: FetchRange) -> (i64, i64) {
    let zone = exchange.time_zone().parse().unwrap_or(Tz::UTC);
    let (start, end) = (within_reason(range.start), within_reason(range.end));
    let (start, end) = match exchange {
        Exchange::Weekdays => (start - MARGIN, end + MARGIN),
        Exchange::UnitedStates | Exchange::B3 | Exchange::EveryDay => (start, end),
    };
    (midnight(start, zone).timestamp(), midnight(end, zone).timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(symbol: &str, start: &str, end: &str) -> String {
        let range = FetchRange::new(start.parse().unwrap(), end.parse().unwrap());
        chart_url(&base_url("http://127.0.0.1:1/proxy/").unwrap(), &symbol.parse().unwrap(), range).to_string()
    }

    #[test]
    fn the_period_is_that_of_the_exchange() {
        // Midnight in New York: 05:00Z in winter, 04:00Z in summer.
        let text = url("AAPL", "2024-01-02", "2024-07-01");
        assert!(text.starts_with("http://127.0.0.1:1/proxy/v8/finance/chart/AAPL?"), "{text}");
        assert!(text.contains("period1=1704171600&period2=1719806400&interval=1d"), "{text}");
        // Midnight in São Paulo: 03:00Z.
        let text = url("PETR4.SA", "2024-01-02", "2024-01-03");
        assert!(text.contains("period1=1704164400&period2=1704250800"), "{text}");
    }

    #[test]
    fn an_unknown_time_zone_is_met_with_a_day_more() {
        let text = url("4063.T", "2024-01-02", "2024-01-03");
        assert!(text.contains("period1=1704067200&period2=1704326400"), "{text}");
    }

    #[test]
    fn signs_in_symbols_are_encoded() {
        assert!(url("^GSPC", "2024-01-02", "2024-01-03").contains("/chart/%5EGSPC?"));
        assert!(url("EURUSD=X", "2024-01-02", "2024-01-03").contains("/chart/EURUSD=X?"));
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        let range = FetchRange::new(chrono::NaiveDate::MIN, chrono::NaiveDate::MAX);
        for exchange in [Exchange::UnitedStates, Exchange::B3, Exchange::Weekdays, Exchange::EveryDay] {
            let (start, end) = period(exchange, range);
            assert!(start < end, "{exchange:?}");
        }
    }

    #[test]
    fn one_of_several_failures_changes_the_host() {
        let base_urls = ["http://a", "http://b", "http://c"].map(str::to_owned).into();
        let settings = YahooSettings { base_urls, ..YahooSettings::default() };
        let provider = YahooProvider::new(settings, Arc::new(closecast_domain::SystemClock)).unwrap();
        for (failed, host) in [(0, 1), (0, 1), (1, 2), (0, 2), (1, 2), (2, 0)] {
            provider.leave_host(failed);
            assert_eq!(provider.host.load(Ordering::Relaxed), host, "after {failed}");
        }
    }

    #[test]
    fn base_addresses_are_checked_at_once() {
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
