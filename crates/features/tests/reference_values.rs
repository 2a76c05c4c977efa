//! Indicators and scalers against TA-Lib, pandas and scikit-learn; the generators lie beside the fixtures.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its builders too")]

use chrono::{Days, NaiveDate};
use closecast_domain::Bar;
use closecast_features::{
    Features, Scaler, ScalerKind,
    indicators::{
        har::har_component,
        macd::macd,
        momentum::{rate_of_change, relative_strength_index},
        moving_average::{exponential_moving_average, simple_moving_average},
        range_volatility::{garman_klass, parkinson, rogers_satchell, yang_zhang},
        returns::{log_returns, overnight_gaps},
        volatility::{ewma_volatility, rolling_volatility},
        volume::{volume_surprise, volume_z_score},
    },
};
use serde_json::Value;

/// The fixture has 13 digits and both sides sum some hundred doubles: 1e-9 is far above their rounding and far below
/// any other convention of seeding, divisor or lag, which differ from the second or third digit on.
const TOLERANCE: f64 = 1e-9;

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn bars(document: &Value) -> Vec<Bar> {
    let column = |name: &str| numbers(&document["bars"][name]);
    let (open, high, low, close) = (column("open"), column("high"), column("low"), column("close"));
    let volume = column("volume");
    let start = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    (0..open.len())
        .map(|day| Bar {
            date: start + Days::new(day as u64),
            open: open[day],
            high: high[day],
            low: low[day],
            close: close[day],
            raw_close: close[day],
            volume: volume[day],
        })
        .collect()
}

/// Fails unless both have values on the same days from `from` on, equal within `tolerance` of the larger of the value
/// and `scale` (the size of the numbers the value is a difference of).
fn assert_close(name: &str, found: &[f64], expected: &[f64], from: usize, scale: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    assert!(expected.iter().any(|value| value.is_finite()), "{name}: the reference has no value");
    for day in from..found.len() {
        let (a, b) = (found[day], expected[day]);
        let near = (a - b).abs() <= TOLERANCE * b.abs().max(scale);
        assert!(near || (a.is_nan() && b.is_nan()), "{name}, day {day}: {a} instead of {b}");
    }
}

#[test]
fn returns_averages_and_volatilities_are_those_of_pandas_and_ta_lib() {
    let document = fixture(include_str!("../fixtures/indicators.json"));
    let bars = bars(&document);
    let closes: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
    let returns = log_returns(&closes);
    let check = |name: &str, found: Vec<f64>, scale: f64| {
        assert_close(name, &found, &numbers(&document["reference"][name]), 0, scale);
    };
    // A log return near 0 is the difference of logarithms of size 4.
    check("log_return", returns.clone(), 1e-3);
    check("overnight_gap", overnight_gaps(&bars), 1e-3);
    check("sma_7", simple_moving_average(&closes, 7), 0.0);
    check("sma_30", simple_moving_average(&closes, 30), 0.0);
    check("sma_90", simple_moving_average(&closes, 90), 0.0);
    check("ema_12", exponential_moving_average(&closes, 12, 11), 0.0);
    check("ewma_volatility", ewma_volatility(&returns, 0.94, 20), 0.0);
    check("rolling_volatility_20", rolling_volatility(&returns, 20), 0.0);
    let population = rolling_volatility(&returns, 20).into_iter().map(|value| value * (19.0_f64 / 20.0).sqrt());
    check("stddev_20_population", population.collect(), 0.0);
    check("parkinson_20", parkinson(&bars, 20), 0.0);
    check("garman_klass_20", garman_klass(&bars, 20), 0.0);
    check("rogers_satchell_20", rogers_satchell(&bars, 20), 0.0);
    check("yang_zhang_20", yang_zhang(&bars, 20), 0.0);
    check("har_5", har_component(&bars, 5), 0.0);
    check("har_22", har_component(&bars, 22), 0.0);
}

#[test]
fn momentum_is_that_of_ta_lib_and_volume_that_of_pandas() {
    let document = fixture(include_str!("../fixtures/indicators.json"));
    let bars = bars(&document);
    let closes: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
    let volumes: Vec<f64> = bars.iter().map(|bar| bar.volume).collect();
    let check = |name: &str, found: &[f64], from: usize, scale: f64| {
        assert_close(name, found, &numbers(&document["reference"][name]), from, scale);
    };
    check("rsi_14", &relative_strength_index(&closes, 14), 0, 0.0);
    check("roc_5", &rate_of_change(&closes, 5), 0, 0.1);
    check("roc_10", &rate_of_change(&closes, 10), 0, 0.1);
    check("roc_20", &rate_of_change(&closes, 20), 0, 0.1);
    // Differences of averages of prices near 100. TA-Lib shows the line from day 33 only.
    let lines = macd(&closes, 12, 26, 9);
    assert_eq!(lines.line.iter().position(|value| value.is_finite()), Some(25));
    check("macd", &lines.line, 33, 0.1);
    check("macd_signal", &lines.signal, 0, 0.1);
    check("macd_histogram", &lines.histogram, 0, 0.1);
    check("volume_surprise_20", &volume_surprise(&volumes, 20), 0, 0.1);
    check("volume_z_20", &volume_z_score(&volumes, 20), 0, 0.1);
}

#[test]
fn scalers_are_those_of_scikit_learn() {
    let document = fixture(include_str!("../fixtures/scalers.json"));
    let rows = |name: &str| document[name].as_array().unwrap().iter().flat_map(numbers).collect::<Vec<f64>>();
    let table: Vec<f32> = rows("table").into_iter().map(|value| value as f32).collect();
    let start = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let dates = (0..12).map(|day| start + Days::new(day)).collect();
    let names = ["small", "offset", "constant", "negative"].map(str::to_owned).to_vec();
    let features = Features::new(dates, names, table, 0).unwrap();
    let train = 0..document["train_rows"].as_u64().unwrap() as usize;
    for (name, kind) in [("standard", ScalerKind::Standard), ("min_max", ScalerKind::MinMax)] {
        let scaler = Scaler::new(kind).fit(&features, train.clone()).unwrap();
        let scaled = scaler.transform(&features).unwrap();
        for (index, (&found, expected)) in scaled.as_slice().iter().zip(rows(name)).enumerate() {
            // Computed in 64 bits, kept in 32.
            let near = (f64::from(found) - expected).abs() <= f64::from(f32::EPSILON) * expected.abs().max(1e-3);
            assert!(near, "{name}, value {index}: {found} instead of {expected}");
            let original = f64::from(features.as_slice()[index]);
            let inverse = scaler.inverse(index % 4, scaler.forward(index % 4, original).unwrap()).unwrap();
            assert!((inverse - original).abs() <= 1e-12 * original.abs(), "{name}, value {index}: inverse {inverse}");
        }
    }
}
