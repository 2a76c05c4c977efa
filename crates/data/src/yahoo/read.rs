//! Converts an HTTP response to bars.

use std::time::Duration;

use chrono::{DateTime, Utc};
use closecast_domain::{Exchange, RawSeries, Symbol, TradingCalendar};

use super::{chart, response, retry_after, session};
use crate::provider::{FetchRange, ProviderError};

/// An HTTP response and the time of its arrival.
#[doc(hidden)] // public for the fuzz targets only
#[derive(Clone, Copy, Debug)]
pub struct RawResponse<'a> {
    /// HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<&'a str>,
    /// The body, decompressed.
    pub body: &'a [u8],
    /// Current time.
    pub now: DateTime<Utc>,
}

/// Returns the bars of a response to the request for `symbol` and `range`; those of a session that ended less than
/// `settles_after` ago are live.
///
/// # Errors
/// Every variant of [`ProviderError`] that a response can express.
#[doc(hidden)] // as above
pub fn read(
    symbol: &Symbol,
    range: FetchRange,
    received: &RawResponse<'_>,
    settles_after: Duration,
) -> Result<RawSeries, ProviderError> {
    let RawResponse { status, retry_after, body, now } = *received;
    let retry_after = retry_after.and_then(|value| retry_after::parse(value, now));
    let response = response::ChartResponse { symbol, range, status, retry_after, body };
    let settlement = session::Settlement { calendar: TradingCalendar::new(Exchange::of(symbol)), settles_after, now };
    chart::series(&response, response.chart()?, &settlement)
}
