//! The seam towards anything that delivers price bars, and why a delivery can fail.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{RawSeries, Symbol};

/// The session dates asked for, in the exchange's own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FetchRange {
    /// First date wanted.
    pub start: NaiveDate,
    /// First date not wanted any more.
    pub end: NaiveDate,
}

impl FetchRange {
    /// Returns the dates from `start` up to, but not including, `end`.
    #[must_use]
    pub fn new(start: NaiveDate, end: NaiveDate) -> Self {
        Self { start, end }
    }

    /// Returns whether `date` is wanted.
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.start <= date && date < self.end
    }

    /// Returns whether no date is wanted at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

impl fmt::Display for FetchRange {
    /// Writes the first and the last date wanted, as a person says a period.
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
    /// Returns the short name of the source, as it stands in [`RawSeries::source`].
    fn name(&self) -> &str;

    /// Fetches the bars of `symbol` whose session lies in `range`, as delivered: nothing dropped, nothing repaired.
    ///
    /// # Errors
    /// [`ProviderError`], whose variants tell whose fault it is and what can be done.
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
    /// The source knows no such symbol. The user's to correct.
    #[error(
        "{symbol} is unknown to the price source ({answer}): check the spelling; exchanges outside the US need a suffix, such as PETR4.SA for B3"
    )]
    UnknownSymbol {
        /// Symbol asked for.
        symbol: Symbol,
        /// What the source said.
        answer: String,
    },
    /// The symbol exists and has no session in the range.
    #[error("{symbol} has no session {range}: ask for other dates, or leave the start date away")]
    NoData {
        /// Symbol asked for.
        symbol: Symbol,
        /// Dates asked for.
        range: FetchRange,
    },
    /// The source refuses the question as such.
    #[error("the price source refused the request: {reason}; check the symbol and the dates")]
    BadRequest {
        /// What the source, or the check before it, said.
        reason: String,
    },
    /// Too many requests from this address.
    #[error("the price source says that there were too many requests from this address: {}", wait_text(*.retry_after))]
    RateLimited {
        /// How long the source asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// The source does not serve this client.
    #[error(
        "the price source does not let this client in (HTTP {status}, {reason}): try from another network, or import a CSV file instead"
    )]
    Blocked {
        /// HTTP status.
        status: u16,
        /// What the source said.
        reason: String,
    },
    /// The source is out of order for the moment.
    #[error("the price source is out of order at the moment (HTTP {status}): {}", wait_text(*.retry_after))]
    Unavailable {
        /// HTTP status; 200 for a maintenance page.
        status: u16,
        /// How long the source asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// No complete answer in time.
    #[error("the price source did not answer within {:.0} s: try again, or allow more time", .after.as_secs_f64().ceil())]
    Timeout {
        /// Time allowed.
        after: Duration,
    },
    /// The source could not be reached.
    #[error(
        "the price source could not be reached ({reason}): check the network connection, the proxy and the firewall"
    )]
    Network {
        /// The innermost cause.
        reason: String,
    },
    /// The answer is not what the format says.
    #[error(
        "the price source answered with {what}, which cannot be read: try again later; if it stays so, the format has changed. It begins: {excerpt:?}"
    )]
    Unreadable {
        /// What was found, and where.
        what: String,
        /// Beginning of the answer, cut to a printable length.
        excerpt: String,
    },
    /// The source failed so often that it is left alone for a while; nothing was sent.
    #[error(
        "the price source failed several times in a row and is left alone until {}: try again then",
        .until.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    CircuitOpen {
        /// When the next attempt will be let through.
        until: DateTime<Utc>,
    },
    /// The settings or the machine do not allow to ask at all. The operator's to correct.
    #[error("the price source is not set up: {reason}")]
    Misconfigured {
        /// What is wrong and what to do.
        reason: String,
    },
}

impl ProviderError {
    /// Returns whether the same question may be answered a little later.
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

    /// Returns whether the source itself is at fault or turns us away, as opposed to a sound answer to a poor question.
    #[must_use]
    pub fn is_source_failure(&self) -> bool {
        self.is_retryable() || matches!(self, Self::Blocked { .. })
    }

    /// Returns how long the source asks to wait, where it says so.
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
    fn range_excludes_its_end_and_is_said_with_its_last_day() {
        let range = FetchRange::new(date("2020-01-01"), date("2020-02-01"));
        assert!(range.contains(date("2020-01-01")) && range.contains(date("2020-01-31")));
        assert!(!range.contains(date("2020-02-01")));
        assert_eq!(range.to_string(), "from 2020-01-01 to 2020-01-31");
        assert_eq!(FetchRange::new(date("2020-01-01"), date("2020-01-02")).to_string(), "on 2020-01-01");
        assert!(FetchRange::new(date("2020-01-01"), date("2020-01-01")).is_empty());
    }

    #[test]
    fn messages_name_the_remedy() {
        let limited = ProviderError::RateLimited { retry_after: Some(Duration::from_millis(1500)) };
        assert_eq!(
            limited.to_string(),
            "the price source says that there were too many requests from this address: try again in 2 s"
        );
        let open = ProviderError::CircuitOpen { until: DateTime::UNIX_EPOCH };
        assert!(open.to_string().contains("until 1970-01-01 00:00:00 UTC"), "{open}");
    }
}
