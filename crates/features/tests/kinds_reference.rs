//! Features of volatility, volume and echoes against pandas; the generator lies beside the fixture.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its builders too")]

use closecast_domain::{Bar, History, Symbol};
use closecast_features::{FeatureKind, FeatureSet};
use serde_json::Value;

/// The values are kept in 32 bits, whose rounding is 6e-8 of them; near 0 they are differences of logarithms of size 4, whose
/// last digits are 1e-15, summed some hundred times.
const TOLERANCE: f64 = 1e-7;
const NEAR_ZERO: f64 = 1e-11;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn history(document: &Value) -> History {
    let column = |name: &str| numbers(&document["bars"][name]);
    let (open, high, low, close) = (column("open"), column("high"), column("low"), column("close"));
    let volume = column("volume");
    let dates = document["dates"].as_array().unwrap().iter().map(|date| date.as_str().unwrap().parse().unwrap());
    let bar = |(day, date)| Bar {
        date,
        open: open[day],
        high: high[day],
        low: low[day],
        close: close[day],
        raw_close: close[day],
        volume: volume[day],
    };
    History::from_checked(Symbol::new("AAPL").unwrap(), None, dates.enumerate().map(bar).collect()).unwrap()
}

#[test]
fn features_of_volatility_are_those_of_pandas() {
    let document: Value = serde_json::from_str(include_str!("../fixtures/kinds.json")).unwrap();
    let history = history(&document);
    let reference = document["reference"].as_object().unwrap();
    for (name, expected) in reference {
        let kind: FeatureKind = name.parse().unwrap();
        let features = FeatureSet::new(vec![kind]).unwrap().compute(&history).unwrap();
        let expected = numbers(expected);
        assert_eq!(features.n_days(), expected.len());
        let found: Vec<f64> = features.column(0).unwrap().map(f64::from).collect();
        assert!(found[kind.warm_up()..].iter().any(|value| *value != 0.0), "{name} is always 0");
        for day in kind.warm_up()..found.len() {
            let (a, b) = (found[day], expected[day]);
            assert!((a - b).abs() <= TOLERANCE * b.abs() + NEAR_ZERO, "{name}, day {day}: {a} instead of {b}");
        }
    }
    let tested = |kind: &&FeatureKind| !reference.contains_key(kind.name());
    let left: Vec<&str> = FeatureSet::volatility().kinds().iter().filter(tested).map(|kind| kind.name()).collect();
    // Those are tested by their indicators, in reference_values.rs.
    let elsewhere = [
        "scaled_return",
        "scaled_gap",
        "scaled_range",
        "har_1",
        "har_22",
        "roc_5",
        "roc_20",
        "volume_surprise",
        "days_to_next",
    ];
    assert_eq!(left, elsewhere);
}

#[test]
fn reference_covers_the_special_cases() {
    let document: Value = serde_json::from_str(include_str!("../fixtures/kinds.json")).unwrap();
    let of = |name: &str| numbers(&document["reference"][name]);
    assert!(of("absolute_return").iter().all(|value| value.is_nan() || *value < 10.0));
    let capped = of("capped_volatility");
    assert!(capped[20..].iter().any(|value| *value < -0.1), "the crash is capped");
    let echo = of("echo_52_weeks");
    assert!(echo.iter().filter(|value| **value > 0.0).count() > 20 && echo[280..].contains(&0.0));
    assert!(of("volume_trend").contains(&0.0));
}
