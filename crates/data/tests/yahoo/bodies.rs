//! Bodies in the format of `/v8/finance/chart`, with synthetic prices.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub(crate) const NEW_YORK: &str = "America/New_York";
pub(crate) const SAO_PAULO: &str = "America/Sao_Paulo";

/// Returns the Unix seconds of an instant such as `2024-03-08T14:30:00Z`.
pub(crate) fn unix(instant: &str) -> i64 {
    instant.parse::<DateTime<Utc>>().unwrap().timestamp()
}

/// Returns a chart with one bar per instant: open 10, 11, …, close 0.5 above.
pub(crate) fn chart(zone: &str, currency: &str, instants: &[&str]) -> Value {
    let rows = instants.len();
    let prices = |offset: f64| (0..rows).map(|row| json!(10.0 + row as f64 + offset)).collect::<Vec<_>>();
    json!({"chart": {"result": [{
        "meta": {
            "currency": currency, "symbol": "AAPL", "instrumentType": "EQUITY", "firstTradeDate": null,
            "gmtoffset": 3600, "timezone": "XYZ", "exchangeTimezoneName": zone, "dataGranularity": "1d", "range": ""
        },
        "timestamp": instants.iter().map(|instant| unix(instant)).collect::<Vec<_>>(),
        "indicators": {
            "quote": [{
                "open": prices(0.0), "high": prices(1.0), "low": prices(-1.0), "close": prices(0.5),
                "volume": (0..rows).map(|row| json!(1000 + row)).collect::<Vec<_>>()
            }],
            "adjclose": [{"adjclose": prices(0.25)}]
        }
    }], "error": null}})
}

/// Returns the only result of `chart`, for modification.
pub(crate) fn result(chart: &mut Value) -> &mut Value {
    &mut chart["chart"]["result"][0]
}

/// Returns `chart` with regular trading hours from `start` to `end`.
pub(crate) fn with_hours(mut chart: Value, start: &str, end: &str) -> Value {
    let period = json!({"timezone": "EST", "start": unix(start), "end": unix(end), "gmtoffset": -18000});
    result(&mut chart)["meta"]["currentTradingPeriod"] = json!({"pre": period, "regular": period, "post": period});
    chart
}

/// Returns an error body as under `chart` or `finance`.
pub(crate) fn error(section: &str, code: &str, description: &str) -> Value {
    json!({section: {"result": null, "error": {"code": code, "description": description}}})
}
