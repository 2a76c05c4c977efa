//! What is known about a stored series, and its bars.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{RawSeries, Symbol};

/// What is known about a stored series without reading its bars.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesInfo {
    /// Symbol.
    pub symbol: Symbol,
    /// Source of the last delivery.
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

/// The stored series at a glance: two that differ say that something was stored in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesGlance {
    pub(super) count: i64,
    pub(super) newest: Option<DateTime<Utc>>,
}

/// A series read back.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSeries {
    /// The bars as delivered.
    pub series: RawSeries,
    /// When they were last written.
    pub stored_at: DateTime<Utc>,
}
