//! A clean series into which tests plant defects.

use chrono::NaiveDate;
use closecast_domain::{
    Defect, DefectKind, Exchange, History, PriceBasis, QualityReport, RawBar, RawSeries, Severity, TradingCalendar,
};

/// Returns 120 clean sessions of a US stock, near 100, from 2024-01-02 on; moves of up to 2 %.
pub(crate) fn clean_bars() -> Vec<RawBar> {
    let start = day("2024-01-02");
    let sessions = TradingCalendar::new(Exchange::UnitedStates).sessions_between(start, day("2024-12-31"));
    let mut close = 100.0;
    let bar = |(index, date): (usize, NaiveDate)| {
        let open = close;
        // A fixed wave of two periods: reproducible, without equal days.
        close *= 1.0 + 0.012 * (index as f64 * 0.9).sin() + 0.008 * (index as f64 * 2.3).cos();
        let (high, low) = (f64::max(open, close) * 1.004, f64::min(open, close) * 0.996);
        let volume = 1e6 * (1.5 + (index as f64 * 1.7).sin());
        RawBar {
            open: Some(open),
            high: Some(high),
            low: Some(low),
            close: Some(close),
            volume: Some(volume),
            ..RawBar::empty(date)
        }
    };
    sessions.enumerate().take(120).map(bar).collect()
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn check_as(symbol: &str, basis: PriceBasis, bars: Vec<RawBar>) -> (History, QualityReport) {
    let series = RawSeries { symbol: symbol.parse().unwrap(), basis, currency: None, source: "test".to_owned(), bars };
    History::check(series, Some(day("2025-01-01"))).unwrap()
}

pub(crate) fn check(bars: Vec<RawBar>) -> (History, QualityReport) {
    check_as("TEST", PriceBasis::SplitAdjusted, bars)
}

/// Plants a defect with `plant`, checks that exactly one finding of `kind` and `severity` results, and returns it with
/// the history.
pub(crate) fn planted(kind: DefectKind, severity: Severity, plant: impl FnOnce(&mut Vec<RawBar>)) -> (Defect, History) {
    let mut bars = clean_bars();
    plant(&mut bars);
    let (history, report) = check(bars);
    (only(&report, kind, severity), history)
}

pub(crate) fn only(report: &QualityReport, kind: DefectKind, severity: Severity) -> Defect {
    let [defect] = report.defects.as_slice() else { panic!("one {kind} expected: {:#?}", report.defects) };
    assert_eq!((defect.kind, defect.severity), (kind, severity), "{defect:?}");
    assert!(!defect.detail.is_empty() && !defect.action.is_empty());
    assert!(report.score < 100.0, "a finding costs something");
    defect.clone()
}

/// Multiplies the prices of `bars` by `scale`.
pub(crate) fn scale(bars: &mut [RawBar], scale: f64) {
    for bar in bars {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close, &mut bar.adj_close] {
            *price = price.map(|price| price * scale);
        }
    }
}

pub(crate) fn closes(history: &History) -> Vec<f64> {
    history.bars().iter().map(|bar| bar.close).collect()
}

pub(crate) fn raw_closes(bars: &[RawBar]) -> Vec<f64> {
    bars.iter().filter_map(|bar| bar.close).collect()
}

pub(crate) fn assert_same(actual: &[f64], expected: &[f64]) {
    assert_eq!(actual.len(), expected.len());
    for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        // A repair multiplies by a factor and divides by it: a few units in the last place.
        assert!((actual / expected - 1.0).abs() < 1e-12, "row {index}: {actual} instead of {expected}");
    }
}
