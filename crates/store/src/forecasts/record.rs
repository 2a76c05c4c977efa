//! A forecast as it is stored.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{ModelRef, Quantile, Symbol};

use crate::{StoreError, entity::forecast, symbols};

/// A stored forecast of one session.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredForecast {
    /// Symbol.
    pub symbol: Symbol,
    /// Model that made it.
    pub model: ModelRef,
    /// Last session whose close was known.
    pub as_of: NaiveDate,
    /// Forecast session.
    pub target_date: NaiveDate,
    /// 1 for the session after `as_of`, 2 for the one after that.
    pub step: u32,
    /// Close of `as_of`.
    pub last_close: f64,
    /// Point forecast.
    pub point: f64,
    /// Quantiles in ascending order of level.
    pub quantiles: Vec<Quantile>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Close of the session in the price units of the forecast, once known.
    pub realised_close: Option<f64>,
    /// When the close became known, or when the date turned out not to be a session: there is no close then.
    pub settled_at: Option<DateTime<Utc>>,
}

pub(super) fn stored(row: forecast::Model) -> Result<StoredForecast, StoreError> {
    let symbol = symbols::read("forecasts", &row.symbol)?;
    let quantiles =
        serde_json::from_str(&row.quantiles).map_err(|error| unreadable(symbol.as_str(), error.to_string()))?;
    Ok(StoredForecast {
        symbol,
        model: ModelRef { name: row.model_name, sha256: row.model_sha256 },
        as_of: row.as_of,
        target_date: row.target_date,
        step: u32::try_from(row.step).unwrap_or(u32::MAX),
        last_close: row.last_close,
        point: row.point,
        quantiles,
        created_at: row.created_at,
        realised_close: row.realised_close,
        settled_at: row.settled_at,
    })
}

pub(super) fn unreadable(symbol: &str, reason: String) -> StoreError {
    StoreError::Row { table: "forecasts", key: symbol.to_owned(), reason }
}
