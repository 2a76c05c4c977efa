//! A stored series.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{RawSeries, Symbol};

/// Metadata of a stored series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesInfo {
    /// Symbol.
    pub symbol: Symbol,
    /// Source of the bars.
    pub source: String,
    /// Currency, where known.
    pub currency: Option<String>,
    /// Oldest session.
    pub first_date: NaiveDate,
    /// Newest session.
    pub last_date: NaiveDate,
    /// Rows stored.
    pub rows: u64,
    /// When the series was last written.
    pub stored_at: DateTime<Utc>,
}

/// Changes when a series is stored: compare two markers to detect changes cheaply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesChangeMarker {
    pub(super) count: i64,
    pub(super) newest: Option<DateTime<Utc>>,
}

/// A series with the time at which it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSeries {
    /// The bars as delivered.
    pub series: RawSeries,
    /// When they were last written.
    pub stored_at: DateTime<Utc>,
}
