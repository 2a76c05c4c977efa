//! No response makes the reader panic, or return more bars than the response has.

use std::time::Duration;

use chrono::DateTime;
use closecast_domain::{RawSeries, Symbol};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::read::RawResponse;
use crate::provider::{FetchRange, ProviderError};

/// Timestamps of a generated chart.
const ROWS: usize = 3;

fn read(status: u16, body: &[u8]) -> Result<RawSeries, ProviderError> {
    let symbol = Symbol::new("AAPL").unwrap();
    let range = FetchRange::new("1970-01-01".parse().unwrap(), "2100-01-01".parse().unwrap());
    let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let received = RawResponse { status, retry_after: None, body, now };
    super::read::read(&symbol, range, &received, Duration::from_secs(1800))
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z/A-Z ]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let key = prop_oneof![
            Just("chart".to_owned()),
            Just("result".to_owned()),
            Just("error".to_owned()),
            Just("meta".to_owned()),
            Just("timestamp".to_owned()),
            Just("indicators".to_owned()),
            Just("quote".to_owned()),
            "[a-z]{1,4}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn instant() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0_i64..4_000_000_000, 1 => any::<i64>()]
}

fn price() -> impl Strategy<Value = Value> {
    prop_oneof![4 => any::<f64>().prop_map(Value::from), 1 => Just(Value::Null)]
}

/// A side of a split: mostly a realistic number.
fn ratio() -> impl Strategy<Value = f64> {
    prop_oneof![9 => (1_u8..50).prop_map(f64::from), 1 => any::<f64>()]
}

/// Charts with valid structure and any contents: matching or different lengths, any instants, events and zones.
fn chart_body() -> impl Strategy<Value = Value> {
    let zone = prop_oneof![
        Just("America/New_York"),
        Just("America/Sao_Paulo"),
        Just("Asia/Tokyo"),
        Just("Pacific/Apia"),
        Just("nowhere"),
    ];
    let column = || prop_oneof![9 => prop::collection::vec(price(), ROWS), 1 => prop::collection::vec(price(), 0..5)];
    let payments = prop::collection::vec((any::<f64>(), instant()), 0..3);
    let splits = prop::collection::vec((ratio(), ratio(), instant()), 0..2);
    let times = (prop::collection::vec(instant(), ROWS), instant(), instant());
    (zone, times, column(), column(), column(), payments, splits).prop_map(
        |(zone, (timestamps, start, end), open, close, adjusted, payments, splits)| {
            let payments = payments.iter().map(|(amount, date)| json!({"amount": amount, "date": date}));
            let splits = splits.iter().map(|(n, d, date)| json!({"numerator": n, "denominator": d, "date": date}));
            let keyed = |events: Vec<Value>| {
                events.into_iter().enumerate().map(|(key, event)| (key.to_string(), event)).collect::<Value>()
            };
            let body = json!({
                "meta": {
                    "exchangeTimezoneName": zone,
                    "currentTradingPeriod": {"regular": {"start": start, "end": end}}
                },
                "timestamp": timestamps,
                "events": {"dividends": keyed(payments.collect()), "splits": keyed(splits.collect())},
                "indicators": {"quote": [{"open": open, "close": close}], "adjclose": [{"adjclose": adjusted}]}
            });
            json!({"chart": {"result": [body], "error": null}})
        },
    )
}

proptest! {
    #[test]
    fn any_bytes(status in 100_u16..1000, body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(status, &body).is_err());
    }

    #[test]
    fn any_text(status in 100_u16..1000, body in "[{\\[<\"a-z:,]{0,40}") {
        prop_assert!(read(status, body.as_bytes()).is_err());
    }

    #[test]
    fn any_json(status in 100_u16..1000, body in json_value()) {
        prop_assert!(read(status, body.to_string().as_bytes()).is_err());
    }

    #[test]
    fn any_chart(body in chart_body()) {
        match read(200, body.to_string().as_bytes()) {
            Ok(series) => {
                let quote = &body["chart"]["result"][0]["indicators"]["quote"][0];
                prop_assert!(!series.bars.is_empty() && series.bars.len() <= ROWS);
                for name in ["open", "close"] {
                    prop_assert_eq!(quote[name].as_array().map(Vec::len), Some(ROWS));
                }
                prop_assert!(series.bars.iter().all(|bar| bar.split > 0.0));
            }
            Err(error) => prop_assert!(
                matches!(error, ProviderError::Unreadable { .. } | ProviderError::NoData { .. }),
                "{error}"
            ),
        }
    }
}

/// Two valid events of one session whose sum or product overflows.
#[test]
fn overflowing_events_are_unreadable() {
    let payment = json!({"amount": 1.5e308, "date": 1_709_735_400});
    let split = |new: f64, old: f64| json!({"numerator": new, "denominator": old, "date": 1_709_735_400});
    let small = split(1e-200, 1.0);
    let large = split(1e200, 1.0);
    for events in [
        json!({"dividends": {"a": payment, "b": payment}}),
        json!({"splits": {"a": small, "b": small}}),
        json!({"splits": {"a": large, "b": large}}),
    ] {
        let body = json!({"chart": {"result": [{
            "meta": {"exchangeTimezoneName": "America/New_York"},
            "timestamp": [1_709_735_400],
            "events": events,
            "indicators": {"quote": [{"close": [10.0]}]}
        }]}});
        let error = read(200, body.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, ProviderError::Unreadable { .. }), "{error}");
    }
}
