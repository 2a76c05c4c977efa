//! Classifies a response by its body first: Yahoo sends errors with status 200 and plain text with a JSON content type.

use std::time::Duration;

use closecast_domain::Symbol;

use super::{
    partial::ReportedError,
    wire::{Chart, Envelope},
};
use crate::provider::{FetchRange, ProviderError};

/// Characters of a body that an error quotes.
const EXCERPT_LENGTH: usize = 120;
/// Bytes of a page searched for a marker.
const MARKER_SEARCH_BYTES: usize = 16 * 1024;
/// Status that Yahoo's edge servers use for "too many requests" beside 429.
const YAHOO_RATE_LIMITED: u16 = 999;

/// A request and the complete response to it.
#[derive(Debug)]
pub(super) struct ChartResponse<'a> {
    pub(super) symbol: &'a Symbol,
    pub(super) range: FetchRange,
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: &'a [u8],
}

impl ChartResponse<'_> {
    /// Returns the chart, or the error that the response expresses.
    ///
    /// # Errors
    /// Every variant of [`ProviderError`] that a response can express.
    pub(super) fn chart(&self) -> Result<Chart, ProviderError> {
        let body = self.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(self.body).trim_ascii_start();
        match body.first() {
            Some(b'{' | b'[') => self.json(body),
            _ if self.says_too_many_requests(body) => Err(self.rate_limited()),
            _ if says(body, "will be right back") => Err(self.unavailable()),
            Some(b'<') => Err(self.by_status(body).unwrap_or_else(|| self.unreadable("an HTML page"))),
            Some(_) => Err(self.by_status(body).unwrap_or_else(|| self.unreadable("text that is not JSON"))),
            None => Err(self.by_status(body).unwrap_or_else(|| self.unreadable("an empty body"))),
        }
    }

    fn json(&self, body: &[u8]) -> Result<Chart, ProviderError> {
        let envelope: Envelope = serde_json::from_slice(body).map_err(|error| {
            self.by_status(body).unwrap_or_else(|| self.unreadable(&format!("JSON of another structure ({error})")))
        })?;
        let mut sections = [envelope.chart, envelope.finance].into_iter().flatten();
        let Some(section) = sections.find(|section| section.error.is_some() || section.result.is_some()) else {
            return Err(self.by_status(body).unwrap_or_else(|| self.unreadable("JSON without a chart and an error")));
        };
        if let Some(error) = section.error {
            return Err(self.reported(&error, body));
        }
        if let Some(error) = self.by_status(body) {
            return Err(error);
        }
        section.result.and_then(|charts| charts.into_iter().next()).ok_or_else(|| self.unreadable("an empty chart"))
    }

    /// Returns the meaning of an `error` object. The description decides, then the code, then the status.
    fn reported(&self, error: &ReportedError, body: &[u8]) -> ProviderError {
        let (code, description) = (error.code.trim(), error.description.trim());
        let text = format!("{code} {description}").to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let reason = printable(if description.is_empty() { code } else { description });
        if has(&["data doesn't exist"]) {
            ProviderError::NoData { symbol: self.symbol.clone(), range: self.range }
        } else if has(&["too many requests", "rate limit"]) {
            self.rate_limited()
        } else if has(&["unauthorized", "forbidden", "invalid crumb", "invalid cookie"]) {
            ProviderError::Blocked { status: self.status, reason }
        } else if has(&["not found", "no data found", "delisted"]) {
            ProviderError::UnknownSymbol { symbol: self.symbol.clone(), answer: reason }
        } else if has(&["bad request", "unprocessable", "argument-error", "invalid input"]) {
            ProviderError::BadRequest { reason }
        } else if has(&["internal", "service unavailable", "temporarily", "gateway"]) {
            self.unavailable()
        } else {
            self.by_status(body).unwrap_or_else(|| self.unreadable(&format!("the unfamiliar error {reason:?}")))
        }
    }

    /// Returns the meaning of the HTTP status alone; `None` for success and for statuses that need the body.
    fn by_status(&self, body: &[u8]) -> Option<ProviderError> {
        let reason = || excerpt(body);
        match self.status {
            200..=299 => None,
            401 | 403 | 407 | 451 => Some(ProviderError::Blocked { status: self.status, reason: reason() }),
            429 | YAHOO_RATE_LIMITED => Some(self.rate_limited()),
            400 | 422 => Some(ProviderError::BadRequest { reason: reason() }),
            408 | 425 | 500..=599 => Some(self.unavailable()),
            status @ 300..=399 => {
                Some(self.unreadable(&format!("a redirect (HTTP {status}); only those within the host are followed")))
            }
            status => Some(self.unreadable(&format!("HTTP {status} and no explanation"))),
        }
    }

    fn says_too_many_requests(&self, body: &[u8]) -> bool {
        matches!(self.status, 429 | YAHOO_RATE_LIMITED) || says(body, "too many requests")
    }

    fn rate_limited(&self) -> ProviderError {
        ProviderError::RateLimited { retry_after: self.retry_after }
    }

    fn unavailable(&self) -> ProviderError {
        ProviderError::Unavailable { status: self.status, retry_after: self.retry_after }
    }

    /// Returns the error for a response that does not follow the format.
    pub(super) fn unreadable(&self, what: &str) -> ProviderError {
        ProviderError::Unreadable { what: printable(what), excerpt: excerpt(self.body) }
    }
}

/// Returns whether `marker`, in lower case, occurs near the beginning of `body`, ignoring case.
fn says(body: &[u8], marker: &str) -> bool {
    let head = &body[..body.len().min(MARKER_SEARCH_BYTES)];
    head.windows(marker.len()).any(|window| window.eq_ignore_ascii_case(marker.as_bytes()))
}

/// Returns the beginning of `body` as one printable line.
fn excerpt(body: &[u8]) -> String {
    let head = &body[..body.len().min(4 * EXCERPT_LENGTH)];
    printable(&String::from_utf8_lossy(head))
}

/// Returns `text` on one line, without control characters, shortened.
fn printable(text: &str) -> String {
    let visible = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).take(4 * EXCERPT_LENGTH);
    let line = visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT_LENGTH) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
