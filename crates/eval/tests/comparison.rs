//! Symbols side by side against pandas and NumPy (`fixtures/comparison.py` made `fixtures/comparison.json`), and by hand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use chrono::NaiveDate;
use closecast_domain::{Bar, History, Symbol};
use closecast_eval::{ComparisonError, compare_prices};
use closecast_testkit::reference::{cases, count, list, number};
use serde_json::Value;

/// Both sides sum some dozens of doubles; a covariance cancels a few digits.
const SUMS: f64 = 1e-10;

fn history(symbol: &str, days: &[(&str, f64)]) -> History {
    let bars = days.iter().map(|&(date, close)| {
        let date: NaiveDate = date.parse().unwrap();
        Bar { date, open: close, high: close, low: close, close, raw_close: 2.0 * close, volume: 1.0 }
    });
    History::from_checked(Symbol::new(symbol).unwrap(), None, bars.collect()).unwrap()
}

#[track_caller]
fn assert_close(ours: f64, theirs: &Value) {
    let theirs = number(theirs);
    assert!((ours - theirs).abs() <= SUMS * theirs.abs().max(1.0), "{ours} is not {theirs}");
}

#[test]
fn figures_agree_with_pandas_and_numpy() {
    for case in cases(include_str!("../fixtures/comparison.json"), "comparison") {
        let read = |series: &Value| {
            let dates = series["dates"].as_array().unwrap().iter().map(|date| date.as_str().unwrap());
            let days: Vec<_> = dates.zip(list(&series["closes"])).collect();
            history(series["symbol"].as_str().unwrap(), &days)
        };
        let theirs = case["series"].as_array().unwrap();
        let histories: Vec<History> = theirs.iter().map(read).collect();
        let ours = compare_prices(&histories, number(&case["base"])).unwrap();
        let dates: Vec<String> = ours.dates.iter().map(ToString::to_string).collect();
        assert_eq!(serde_json::json!(dates), case["dates"]);
        for (ours, theirs) in ours.series.iter().zip(theirs) {
            assert_eq!(ours.dropped, count(&theirs["dropped"]));
            assert_close(ours.total_return, &theirs["total_return"]);
            assert_close(ours.volatility.unwrap(), &theirs["volatility"]);
            let rebased = theirs["rebased"].as_array().unwrap();
            assert_eq!(ours.rebased.len(), rebased.len());
            ours.rebased.iter().zip(rebased).for_each(|(ours, theirs)| assert_close(*ours, theirs));
        }
        for (row, theirs) in ours.correlations.iter().zip(case["correlations"].as_array().unwrap()) {
            row.iter().zip(theirs.as_array().unwrap()).for_each(|(ours, theirs)| assert_close(ours.unwrap(), theirs));
        }
    }
}

#[test]
fn opposite_moves_have_correlation_minus_one_and_constant_prices_none() {
    let days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"];
    let of = |symbol: &str, closes: [f64; 4]| history(symbol, &days.into_iter().zip(closes).collect::<Vec<_>>());
    let histories =
        [of("UP", [1.0, 2.0, 1.0, 4.0]), of("DOWN", [4.0, 2.0, 4.0, 1.0]), of("FLAT", [3.0, 3.0, 3.0, 3.0])];
    let ours = compare_prices(&histories, 100.0).unwrap();
    assert_eq!(ours.correlations[0][0], Some(1.0));
    assert!((ours.correlations[0][1].unwrap() + 1.0).abs() < 1e-12);
    assert_eq!((ours.correlations[0][2], ours.correlations[2][2]), (None, None));
    assert_eq!((ours.series[2].volatility, ours.series[2].total_return), (Some(0.0), 0.0));
    assert_eq!(ours.series[0].rebased, [100.0, 200.0, 100.0, 400.0]);
    // Returns ln 2, −ln 2, ln 4: mean ⅔·ln 2, sample variance 7/3·(ln 2)².
    let volatility = (7.0_f64 / 3.0).sqrt() * 2.0_f64.ln() * 252.0_f64.sqrt();
    assert!((ours.series[0].volatility.unwrap() - volatility).abs() < 1e-12);
}

#[test]
fn sessions_per_year_are_365_only_if_all_symbols_trade_daily() {
    let days = [("2024-01-05", 1.0), ("2024-01-06", 1.1), ("2024-01-08", 1.2)];
    let coins = [history("BTC-USD", &days), history("ETH-USD", &days)];
    assert_eq!(compare_prices(&coins, 1.0).unwrap().sessions_of_a_year, 365);
    let mixed = [history("BTC-USD", &days), history("AAPL", &[days[0], days[2]])];
    let ours = compare_prices(&mixed, 1.0).unwrap();
    assert_eq!((ours.sessions_of_a_year, ours.dates.len()), (252, 2));
    assert_eq!((ours.series[0].dropped, ours.series[1].dropped), (1, 0));
    assert_eq!((ours.series[0].volatility, ours.correlations[0][1]), (None, None), "one return says nothing");
}

#[test]
fn incomparable_symbols_are_refused_with_the_reason() {
    let early = history("AAPL", &[("2024-01-02", 1.0), ("2024-01-03", 1.0)]);
    let late = history("MSFT", &[("2024-01-03", 1.0), ("2024-01-04", 1.0)]);
    let refusal = |histories: &[History]| compare_prices(histories, 100.0).unwrap_err();
    assert_eq!(refusal(&[early.clone(), late]), ComparisonError::NothingInCommon { sessions: 1 });
    assert_eq!(refusal(std::slice::from_ref(&early)), ComparisonError::Alone);
    assert_eq!(refusal(&[early.clone(), early.clone()]), ComparisonError::Twice(early.symbol().clone()));
}
