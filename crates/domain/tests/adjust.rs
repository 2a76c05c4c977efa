//! Adjusted prices against manual results and an independent computation; `fixtures/adjust.py` creates the fixture.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking; clippy exempts only the test functions themselves")]

use chrono::NaiveDate;
use closecast_domain::{History, PriceBasis, RawBar, RawSeries};

/// A Brazilian crypto pair: traded every day, so that no date is a gap or a holiday.
fn check(basis: PriceBasis, bars: Vec<RawBar>) -> History {
    let symbol = "TEST-BRL".parse().unwrap();
    History::check(RawSeries { symbol, basis, currency: None, source: "test".to_owned(), bars }, None).unwrap().0
}

fn bar(date: &str, close: f64) -> RawBar {
    let price = Some(close);
    let prices = RawBar { open: price, high: price, low: price, close: price, ..RawBar::empty(date.parse().unwrap()) };
    RawBar { volume: Some(100.0), ..prices }
}

fn with_adj(date: &str, close: f64, adj_close: Option<f64>) -> RawBar {
    RawBar { adj_close, ..bar(date, close) }
}

fn assert_close(actual: f64, expected: f64, what: &str) {
    // Both sides multiply a handful of f64 factors.
    assert!((actual / expected - 1.0).abs() < 1e-12, "{what}: {actual} instead of {expected}");
}

#[test]
fn adjusted_prices_agree_with_total_returns() {
    let mut expected = Vec::new();
    let bars = include_str!("../fixtures/adjust.csv").lines().filter(|line| line.starts_with("20")).map(|line| {
        let (date, figures) = line.split_once(',').unwrap();
        let figures: Vec<f64> = figures.split(',').map(|figure| figure.parse().unwrap()).collect();
        expected.push((figures[4], figures[5]));
        let bar = bar(date, figures[0]);
        RawBar { volume: Some(figures[1]), dividend: figures[2], split: figures[3], ..bar }
    });
    let bars: Vec<_> = bars.collect();
    let history = check(PriceBasis::Unadjusted, bars.clone());
    for ((bar, raw), (close, volume)) in history.bars().iter().zip(&bars).zip(expected) {
        assert_close(bar.close, close, "adjusted close");
        assert_close(bar.volume, volume, "adjusted volume");
        assert_eq!(Some(bar.raw_close), raw.close);
    }
}

/// Apple, August 2020: a dividend of 0.82 on the 7th after a close of 455.61, a split of 4:1 on the 31st.
#[test]
fn split_divides_and_dividend_reduces_earlier_prices() {
    let bars = vec![
        bar("2020-08-06", 455.61),
        RawBar { dividend: 0.82, ..bar("2020-08-07", 444.45) },
        bar("2020-08-28", 499.23),
        RawBar { split: 4.0, ..bar("2020-08-31", 129.04) },
    ];
    let history = check(PriceBasis::Unadjusted, bars);
    let closes: Vec<f64> = history.bars().iter().map(|bar| bar.close).collect();
    assert_close(closes[0], 455.61 / 4.0 * (1.0 - 0.82 / 455.61), "before both");
    assert_close(closes[1], 444.45 / 4.0, "between");
    assert_close(closes[3], 129.04, "after both");
    assert_eq!(history.bars().iter().map(|bar| bar.volume).collect::<Vec<_>>(), [400.0, 400.0, 400.0, 100.0]);
}

#[test]
fn basis_determines_remaining_adjustments() {
    // Unadjusted, the split of 2:1 halves the price; the other bases include it already.
    let first = |basis, close| {
        let event = RawBar { dividend: 1.0, split: 2.0, ..bar("2024-01-03", 49.5) };
        check(basis, vec![bar("2024-01-02", close), event]).bars()[0].close
    };
    assert_close(first(PriceBasis::Unadjusted, 100.0), 49.0, "split and dividend: 100 / 2 − 1");
    assert_close(first(PriceBasis::SplitAdjusted, 50.0), 49.0, "dividend alone: 50 − 1");
    assert_eq!(first(PriceBasis::FullyAdjusted, 49.0), 49.0);
}

#[test]
fn delivered_adjusted_closes_take_precedence_over_events() {
    let bars = vec![
        RawBar { high: Some(110.0), low: Some(90.0), ..with_adj("2024-01-02", 100.0, Some(48.0)) },
        RawBar { dividend: 1.0, ..with_adj("2024-01-03", 100.0, Some(50.0)) },
    ];
    let history = check(PriceBasis::SplitAdjusted, bars);
    let first = history.bars()[0];
    assert_close(first.close, 48.0, "close");
    assert_close(first.high, 110.0 * 0.48, "high");
    assert_close(first.low, 90.0 * 0.48, "low");
    assert_eq!((first.raw_close, history.bars()[1].raw_close), (100.0, 100.0));
}

#[test]
fn missing_adjusted_close_introduces_no_jump() {
    // The factor changes from 0.5 to 1 in the gap; the price halves on the 4th, so the split was there.
    let bars = vec![
        with_adj("2024-01-02", 100.0, Some(50.0)),
        with_adj("2024-01-03", 101.0, None),
        with_adj("2024-01-04", 50.0, None),
        with_adj("2024-01-05", 51.0, Some(51.0)),
        with_adj("2024-01-06", 52.0, None),
    ];
    let history = check(PriceBasis::Unadjusted, bars);
    let closes: Vec<f64> = history.bars().iter().map(|bar| bar.close).collect();
    assert_eq!(closes, [50.0, 50.5, 50.0, 51.0, 52.0]);
}

#[test]
fn missing_adjusted_close_follows_recorded_dividends() {
    let bars = vec![
        with_adj("2024-01-02", 100.0, None),
        RawBar { dividend: 2.0, ..with_adj("2024-01-03", 99.0, None) },
        with_adj("2024-01-04", 99.0, Some(49.5)),
    ];
    let history = check(PriceBasis::SplitAdjusted, bars);
    assert_close(history.bars()[0].close, 49.0, "(100 − 2) / 2");
    assert_close(history.bars()[1].close, 49.5, "99 / 2");
}

#[test]
fn split_implied_by_adjusted_close_adjusts_volumes() {
    let bars = vec![
        with_adj("2024-01-02", 100.0, Some(24.9)),
        with_adj("2024-01-03", 100.0, Some(25.0)),
        with_adj("2024-01-04", 25.2, Some(25.2)),
    ];
    let volumes: Vec<f64> = check(PriceBasis::Unadjusted, bars).bars().iter().map(|bar| bar.volume).collect();
    assert_eq!(volumes, [400.0, 400.0, 100.0]);
}

#[test]
fn event_on_dropped_row_still_applies() {
    let dividend = RawBar { dividend: 2.0, ..RawBar::empty("2024-01-03".parse::<NaiveDate>().unwrap()) };
    let bars = vec![bar("2024-01-02", 100.0), dividend, bar("2024-01-04", 98.0)];
    assert_close(check(PriceBasis::SplitAdjusted, bars).bars()[0].close, 98.0, "100 − 2");
}
