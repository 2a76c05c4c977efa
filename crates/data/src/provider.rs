//! The interface of price sources, and their errors.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{RawSeries, Symbol};

/// Requested session dates, in the time zone of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FetchRange {
    /// First date.
    pub start: NaiveDate,
    /// End date, exclusive.
    pub end: NaiveDate,
}

impl FetchRange {
    /// Returns the dates from `start` up to, but not including, `end`.
    #[must_use]
    pub fn new(start: NaiveDate, end: NaiveDate) -> Self {
        Self { start, end }
    }

    /// Returns whether `date` is in the range.
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.start <= date && date < self.end
    }

    /// Returns whether the range is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

impl fmt::Display for FetchRange {
    /// Writes the first and the last date.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end.pred_opt() {
            Some(last) if last > self.start => write!(f, "from {} to {last}", self.start),
            Some(last) if last == self.start => write!(f, "on {last}"),
            _ => write!(f, "from {} until before {}", self.start, self.end),
        }
    }
}

/// A source of daily price bars.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Returns the short name of the source, as in [`RawSeries::source`].
    fn name(&self) -> &str;

    /// Fetches the bars of `symbol` whose session is in `range`, as delivered: nothing dropped, nothing repaired.
    ///
    /// # Errors
    /// [`ProviderError`], whose variants state the cause and the remedy.
    async fn fetch(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError>;
}

#[async_trait]
impl<P: Provider + ?Sized> Provider for Arc<P> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn fetch(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        (**self).fetch(symbol, range).await
    }
}

/// Why a [`Provider`] delivered nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The source does not know the symbol; the user can correct it.
    #[error(
        "{symbol} is unknown to the price source ({answer}): check the spelling; exchanges outside the US need a suffix, such as PETR4.SA for B3"
    )]
    UnknownSymbol {
        /// Requested symbol.
        symbol: Symbol,
        /// Message of the source.
        answer: String,
    },
    /// The symbol exists and has no session in the range.
    #[error("{symbol} has no session {range}: request other dates, or omit the start date")]
    NoData {
        /// Requested symbol.
        symbol: Symbol,
        /// Requested dates.
        range: FetchRange,
    },
    /// The source rejects the request.
    #[error("the price source rejected the request: {reason}; check the symbol and the dates")]
    BadRequest {
        /// Message of the source, or of the check before it.
        reason: String,
    },
    /// Too many requests from this address.
    #[error("the price source reports too many requests from this address: {}", wait_text(*.retry_after))]
    RateLimited {
        /// Requested delay, if stated.
        retry_after: Option<Duration>,
    },
    /// The source blocks this client.
    #[error(
        "the price source blocks this client (HTTP {status}, {reason}): try from another network, or import a CSV file instead"
    )]
    Blocked {
        /// HTTP status.
        status: u16,
        /// Message of the source.
        reason: String,
    },
    /// The source is temporarily unavailable.
    #[error("the price source is temporarily unavailable (HTTP {status}): {}", wait_text(*.retry_after))]
    Unavailable {
        /// HTTP status; 200 for a maintenance page.
        status: u16,
        /// Requested delay, if stated.
        retry_after: Option<Duration>,
    },
    /// No complete response before the timeout.
    #[error("the price source did not respond within {:.0} s: try again, or allow more time", .after.as_secs_f64().ceil())]
    Timeout {
        /// The timeout.
        after: Duration,
    },
    /// The source is unreachable.
    #[error(
        "the price source could not be reached ({reason}): check the network connection, the proxy and the firewall"
    )]
    Network {
        /// The innermost cause.
        reason: String,
    },
    /// The response does not follow the format.
    #[error(
        "the price source responded with {what}, which cannot be read: try again later; if the error persists, the format has changed. It begins: {excerpt:?}"
    )]
    Unreadable {
        /// What was found.
        what: String,
        /// Beginning of the response, shortened.
        excerpt: String,
    },
    /// The circuit breaker is open after repeated failures; no request was sent.
    #[error(
        "the price source failed several times in a row, and requests are suspended until {}: try again then",
        .until.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    CircuitOpen {
        /// When the next request will be admitted.
        until: DateTime<Utc>,
    },
    /// The configuration or the machine prevents requests; the operator can correct it.
    #[error("the price source is not configured: {reason}")]
    Misconfigured {
        /// What is wrong and what to do.
        reason: String,
    },
}

impl ProviderError {
    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::Timeout { .. }
            | Self::Network { .. }
            | Self::Unreadable { .. } => true,
            Self::UnknownSymbol { .. }
            | Self::NoData { .. }
            | Self::BadRequest { .. }
            | Self::Blocked { .. }
            | Self::CircuitOpen { .. }
            | Self::Misconfigured { .. } => false,
        }
    }

    /// Returns whether the source fails or blocks the client, as opposed to a valid response to an invalid request.
    #[must_use]
    pub fn is_source_failure(&self) -> bool {
        self.is_retryable() || matches!(self, Self::Blocked { .. })
    }

    /// Returns the delay that the source requests, if stated.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn wait_text(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("try again in {:.0} s", wait.as_secs_f64().ceil()),
        None => "try again in some minutes".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn range_excludes_end_and_displays_last_day() {
        let range = FetchRange::new(date("2020-01-01"), date("2020-02-01"));
        assert!(range.contains(date("2020-01-01")) && range.contains(date("2020-01-31")));
        assert!(!range.contains(date("2020-02-01")));
        assert_eq!(range.to_string(), "from 2020-01-01 to 2020-01-31");
        assert_eq!(FetchRange::new(date("2020-01-01"), date("2020-01-02")).to_string(), "on 2020-01-01");
        assert!(FetchRange::new(date("2020-01-01"), date("2020-01-01")).is_empty());
    }

    #[test]
    fn errors_name_the_remedy() {
        let limited = ProviderError::RateLimited { retry_after: Some(Duration::from_millis(1500)) };
        assert_eq!(
            limited.to_string(),
            "the price source reports too many requests from this address: try again in 2 s"
        );
        let open = ProviderError::CircuitOpen { until: DateTime::UNIX_EPOCH };
        assert!(open.to_string().contains("until 1970-01-01 00:00:00 UTC"), "{open}");
    }
}
