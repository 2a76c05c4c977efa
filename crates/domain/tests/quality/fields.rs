//! Missing or impossible values of a row.

use closecast_domain::{DefectKind, PriceBasis, RawBar, Severity};

use crate::series::{check, check_as, clean_bars, closes, only, planted, raw_closes};

#[test]
fn missing_open_high_or_low_is_filled_from_close() {
    let (defect, history) = planted(DefectKind::NonFinite, Severity::Warning, |bars| {
        (bars[20].open, bars[20].high, bars[20].low) = (None, Some(f64::NAN), None);
    });
    assert_eq!(defect.detail, "no open, high NaN, no low");
    let bar = history.bars()[20];
    assert_eq!((bar.open, bar.high, bar.low), (bar.close, bar.close, bar.close));
    let (_, history) = planted(DefectKind::NonPositive, Severity::Warning, |bars| bars[20].low = Some(0.0));
    assert_eq!(history.bars()[20].low, history.bars()[20].open.min(history.bars()[20].close));
}

#[test]
fn series_of_closes_only_is_one_info_finding() {
    let bars = clean_bars().into_iter().map(|bar| RawBar { open: None, high: None, low: None, ..bar });
    let (history, report) = check(bars.collect());
    only(&report, DefectKind::NonFinite, Severity::Info);
    assert!(report.score > 90.0, "{}", report.score);
    assert_eq!(closes(&history), raw_closes(&clean_bars()));
}

#[test]
fn high_below_low_is_replaced_by_span() {
    let (_, history) = planted(DefectKind::HighBelowLow, Severity::Warning, |bars| {
        let bar = &mut bars[20];
        (bar.high, bar.low) = (bar.low, bar.high);
    });
    let expected = &clean_bars()[20];
    assert_eq!((Some(history.bars()[20].high), Some(history.bars()[20].low)), (expected.high, expected.low));
}

#[test]
fn close_or_open_outside_range_widens_it() {
    let (_, history) = planted(DefectKind::CloseOutsideRange, Severity::Warning, |bars| {
        bars[20].close = bars[20].high.map(|high| high * 1.001);
    });
    assert_eq!(history.bars()[20].high, history.bars()[20].close);
    let (_, history) = planted(DefectKind::OpenOutsideRange, Severity::Warning, |bars| {
        bars[20].open = bars[20].low.map(|low| low * 0.999);
    });
    assert_eq!(history.bars()[20].low, history.bars()[20].open);
}

#[test]
fn rounding_is_repaired_without_finding() {
    let mut bars = clean_bars();
    bars[20].close = bars[20].high.map(|high| high * 1.00009);
    let (history, report) = check(bars);
    assert_eq!(report.defects, []);
    assert_eq!(history.bars()[20].high, history.bars()[20].close);
}

#[test]
fn invalid_volumes_count_as_zero() {
    for volume in [None, Some(0.0), Some(f64::NAN), Some(f64::INFINITY)] {
        let (_, history) = planted(DefectKind::ZeroVolume, Severity::Warning, |bars| bars[20].volume = volume);
        assert_eq!(history.bars()[20].volume, 0.0);
    }
    let (_, history) = planted(DefectKind::NegativeVolume, Severity::Warning, |bars| bars[20].volume = Some(-5.0));
    assert_eq!(history.bars()[20].volume, 0.0);
}

#[test]
fn series_without_volume_is_one_finding() {
    let bars = clean_bars().into_iter().map(|bar| RawBar { volume: Some(0.0), ..bar }).collect();
    only(&check(bars).1, DefectKind::ZeroVolume, Severity::Info);
}

fn repeat(length: usize, volume: Option<f64>) -> impl FnOnce(&mut Vec<RawBar>) {
    move |bars| {
        let price = bars[49].close;
        for bar in &mut bars[50..50 + length] {
            *bar = RawBar { open: price, high: price, low: price, close: price, volume, ..RawBar::empty(bar.date) };
        }
    }
}

#[test]
fn stale_price_is_one_finding() {
    let (defect, history) = planted(DefectKind::StaleFlatRun, Severity::Warning, repeat(5, Some(0.0)));
    assert_eq!((defect.date, defect.end_date), (history.bars()[50].date, history.bars()[54].date));
    planted(DefectKind::StaleFlatRun, Severity::Warning, repeat(5, Some(7e5)));
    planted(DefectKind::StaleFlatRun, Severity::Error, repeat(21, Some(0.0)));
    planted(DefectKind::ZeroVolume, Severity::Warning, repeat(4, Some(0.0)));
    // A source that repeats its last prices may still deliver volumes.
    planted(DefectKind::StaleFlatRun, Severity::Error, |bars| {
        repeat(30, Some(0.0))(bars);
        for (day, bar) in bars[50..80].iter_mut().enumerate() {
            bar.volume = Some(7e5 + 1e4 * day as f64);
        }
    });
}

#[test]
fn impossible_events_are_ignored() {
    for split in [0.0, -2.0, f64::NAN, f64::INFINITY, 1e9] {
        planted(DefectKind::InvalidEvent, Severity::Warning, |bars| bars[20].split = split);
    }
    for dividend in [-1.0, f64::NAN, f64::INFINITY, 500.0] {
        let plant = |bars: &mut Vec<RawBar>| bars[20].dividend = dividend;
        let (_, history) = planted(DefectKind::InvalidEvent, Severity::Warning, plant);
        assert_eq!(closes(&history), raw_closes(&clean_bars()));
    }
}

#[test]
fn split_not_reflected_in_unadjusted_prices_is_not_applied() {
    let mut bars = clean_bars();
    bars[20].split = 2.0;
    let (history, report) = check_as("TEST", PriceBasis::Unadjusted, bars);
    only(&report, DefectKind::InvalidEvent, Severity::Warning);
    assert_eq!(closes(&history), raw_closes(&clean_bars()));
}

#[test]
fn omitted_dividend_is_applied_when_others_are_reflected() {
    let mut bars = clean_bars();
    let (first, second) = (1.0 / bars[29].close.unwrap(), 1.5 / bars[79].close.unwrap());
    for (index, bar) in bars.iter_mut().enumerate() {
        let factor = if index < 80 { 1.0 - second } else { 1.0 };
        bar.adj_close = bar.close.map(|close| close * factor);
    }
    (bars[30].dividend, bars[80].dividend) = (1.0, 1.5);
    let (history, report) = check(bars.clone());
    let defect = only(&report, DefectKind::UnadjustedDividend, Severity::Warning);
    assert_eq!(defect.date, bars[30].date);
    let expected = bars[0].close.unwrap() * (1.0 - first) * (1.0 - second);
    assert!((history.bars()[0].close / expected - 1.0).abs() < 1e-12);
    assert_eq!(history.bars()[0].raw_close, bars[0].close.unwrap());
}

#[test]
fn adjusted_closes_without_any_dividend_are_not_changed() {
    let mut bars = clean_bars();
    bars[30].dividend = 1.0;
    bars.iter_mut().for_each(|bar| bar.adj_close = bar.close);
    let (history, report) = check(bars);
    only(&report, DefectKind::UnadjustedDividend, Severity::Warning);
    assert_eq!(closes(&history), raw_closes(&clean_bars()));
}

#[test]
fn rows_without_adjusted_close_are_reported() {
    let mut bars = clean_bars();
    bars.iter_mut().for_each(|bar| bar.adj_close = bar.close.map(|close| close * 0.9));
    (bars[30].adj_close, bars[31].adj_close) = (None, Some(f64::NAN));
    let (history, report) = check(bars);
    assert_eq!(
        only(&report, DefectKind::NonFinite, Severity::Info).detail,
        "2 sessions, the first: no usable adjusted close"
    );
    assert!((history.bars()[30].close / history.bars()[30].raw_close - 0.9).abs() < 1e-12);
}
