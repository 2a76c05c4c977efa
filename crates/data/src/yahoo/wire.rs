//! The body of `/v8/finance/chart`, as far as it is used. Unknown keys are ignored; every known one may be absent.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::partial::{ReportedError, first};

/// The whole response. An error is under `chart` or, in older responses and on other routes, under `finance`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Envelope {
    pub(super) chart: Option<Section>,
    pub(super) finance: Option<Section>,
}

/// A result or an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Section {
    /// The first chart: only one is requested.
    #[serde(deserialize_with = "first")]
    pub(super) result: Option<Vec<Chart>>,
    pub(super) error: Option<ReportedError>,
}

/// The bars of one symbol, as parallel arrays.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chart {
    pub(super) meta: Meta,
    pub(super) timestamp: Option<Vec<i64>>,
    pub(super) events: Option<Events>,
    pub(super) indicators: Indicators,
}

/// Metadata of the symbol. `gmtoffset` is omitted on purpose: it is the current offset, not that of a bar.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Meta {
    pub(super) currency: Option<String>,
    pub(super) symbol: Option<String>,
    pub(super) exchange_timezone_name: Option<String>,
    pub(super) data_granularity: Option<String>,
    pub(super) current_trading_period: Option<TradingPeriods>,
}

/// Trading hours of the current or next session.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TradingPeriods {
    pub(super) regular: Option<TradingPeriod>,
}

/// Start and end in Unix seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct TradingPeriod {
    pub(super) start: i64,
    pub(super) end: i64,
}

/// Prices by name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Indicators {
    #[serde(deserialize_with = "first")]
    pub(super) quote: Option<Vec<Quote>>,
    #[serde(deserialize_with = "first")]
    pub(super) adjclose: Option<Vec<AdjClose>>,
}

/// One element per timestamp; null if the session has no price.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Quote {
    pub(super) open: Option<Vec<Option<f64>>>,
    pub(super) high: Option<Vec<Option<f64>>>,
    pub(super) low: Option<Vec<Option<f64>>>,
    pub(super) close: Option<Vec<Option<f64>>>,
    pub(super) volume: Option<Vec<Option<f64>>>,
}

/// Close adjusted for splits and dividends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AdjClose {
    pub(super) adjclose: Option<Vec<Option<f64>>>,
}

/// Dividends, distributed gains of funds, and splits. The keys repeat the dates and are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Events {
    pub(super) dividends: BTreeMap<String, Payment>,
    pub(super) capital_gains: BTreeMap<String, Payment>,
    pub(super) splits: BTreeMap<String, Split>,
}

/// Cash per share, and its date in Unix seconds.
#[derive(Debug, Deserialize)]
pub(super) struct Payment {
    pub(super) amount: f64,
    pub(super) date: i64,
}

/// New shares (numerator) for old ones (denominator), and the date in Unix seconds.
#[derive(Debug, Deserialize)]
pub(super) struct Split {
    pub(super) date: i64,
    pub(super) numerator: f64,
    pub(super) denominator: f64,
}
