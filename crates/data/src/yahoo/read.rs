//! Bars out of what came back over the network.

use std::time::Duration;

use chrono::{DateTime, Utc};
use closecast_domain::{Exchange, RawSeries, Symbol, TradingCalendar};

use super::{answer, chart, retry_after, session};
use crate::provider::{FetchRange, ProviderError};

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
