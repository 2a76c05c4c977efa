//! Missing, duplicate, unordered or misdated rows.

use chrono::Days;
use closecast_domain::{DefectKind, History, HistoryError, PriceBasis, RawBar, RawSeries, Severity};

use crate::series::{check, check_as, clean_bars, closes, day, only, planted, raw_closes};

#[test]
fn clean_series_has_no_findings() {
    let (history, report) = check(clean_bars());
    assert_eq!(report.defects, []);
    assert_eq!((report.score, report.rows_delivered, report.rows_kept), (100.0, 120, 120));
    assert_eq!(closes(&history), raw_closes(&clean_bars()));
    assert_eq!(history.position(day("2024-01-03")), Some(1));
    assert_eq!(history.position(day("2024-01-06")), None);
    assert_eq!(history.dates().next_back(), Some(history.last().date));
    assert_eq!(history.log_returns().len(), 119);
    assert_eq!(history.log_returns()[0], (history.bars()[1].close / history.bars()[0].close).ln());
}

#[test]
fn series_without_usable_row_is_an_error() {
    let raw = |bars| RawSeries {
        symbol: "TEST".parse().unwrap(),
        basis: PriceBasis::SplitAdjusted,
        currency: None,
        source: "test".to_owned(),
        bars,
    };
    let no_row = |rows| Err(HistoryError::NoUsableRow { symbol: "TEST".parse().unwrap(), rows });
    assert_eq!(History::check(raw(vec![]), None), no_row(0));
    assert_eq!(History::check(raw(vec![RawBar::empty(day("2024-01-02")); 2]), None), no_row(2));
}

#[test]
fn empty_range_error_names_available_dates() {
    let (history, _) = check(clean_bars());
    let error = history.between(Some(day("2030-01-01")), None).unwrap_err().to_string();
    assert_eq!(error, "TEST has no bar in the requested dates: its bars run from 2024-01-02 to 2024-06-24");
}

#[test]
fn sessions_of_one_gap_are_one_finding() {
    // Across the weekend of 2024-01-13 and Martin Luther King day on the 15th.
    let (defect, _) = planted(DefectKind::MissingSession, Severity::Warning, |bars| {
        bars.retain(|bar| bar.date < day("2024-01-12") || bar.date > day("2024-01-16"));
    });
    assert_eq!((defect.date, defect.end_date), (day("2024-01-12"), day("2024-01-16")));
    assert!(defect.detail.starts_with("2 sessions"), "{}", defect.detail);
}

#[test]
fn long_gap_is_an_error() {
    planted(DefectKind::MissingSession, Severity::Error, |bars| drop(bars.drain(40..51)));
    planted(DefectKind::MissingSession, Severity::Warning, |bars| drop(bars.drain(40..50)));
}

#[test]
fn short_gaps_are_not_reported_when_holidays_are_unknown() {
    let mut bars = clean_bars();
    let whole = check_as("TEST.L", PriceBasis::SplitAdjusted, bars.clone()).1;
    assert_eq!(whole.defects, [], "the American holidays are no gaps in London");
    bars.drain(40..55);
    only(&check_as("TEST.L", PriceBasis::SplitAdjusted, bars).1, DefectKind::MissingSession, Severity::Error);
}

#[test]
fn missing_days_are_found_when_every_day_is_a_session() {
    let mut bars = clean_bars();
    for (index, bar) in bars.iter_mut().enumerate() {
        bar.date = day("2024-01-01") + Days::new(index as u64);
    }
    assert_eq!(check_as("BTC-USD", PriceBasis::FullyAdjusted, bars.clone()).1.defects, []);
    bars.remove(5);
    let report = check_as("BTC-USD", PriceBasis::FullyAdjusted, bars).1;
    assert_eq!(only(&report, DefectKind::MissingSession, Severity::Warning).date, day("2024-01-06"));
}

#[test]
fn last_of_duplicate_rows_is_kept() {
    let (defect, history) = planted(DefectKind::DuplicateDate, Severity::Warning, |bars| {
        let mut other = bars[10].clone();
        other.close = other.close.map(|close| close * 0.999);
        bars.insert(10, other);
    });
    assert_eq!(defect.date, clean_bars()[10].date);
    assert_eq!(closes(&history), raw_closes(&clean_bars()));
    planted(DefectKind::DuplicateDate, Severity::Info, |bars| bars.insert(10, bars[10].clone()));
}

#[test]
fn event_of_earlier_duplicate_is_kept() {
    let (_, history) = planted(DefectKind::DuplicateDate, Severity::Info, |bars| {
        let event = RawBar { dividend: 1.0, ..bars[1].clone() };
        bars.insert(1, event);
    });
    let close = clean_bars()[0].close.unwrap();
    assert!((history.bars()[0].close - (close - 1.0)).abs() < 1e-9);
}

#[test]
fn rows_out_of_order_are_sorted() {
    let (defect, history) = planted(DefectKind::Unordered, Severity::Warning, |bars| bars.swap(30, 60));
    assert!(defect.detail.starts_with("2 rows"), "{}", defect.detail);
    assert_eq!(closes(&history), raw_closes(&clean_bars()));
    let (_, history) = planted(DefectKind::Unordered, Severity::Info, |bars| bars.reverse());
    assert_eq!(closes(&history), raw_closes(&clean_bars()));
}

#[test]
fn live_bar_is_dropped() {
    let (defect, history) = planted(DefectKind::LiveBar, Severity::Info, |bars| bars[119].live = true);
    assert_eq!((defect.date, history.len()), (clean_bars()[119].date, 119));
}

#[test]
fn future_row_is_dropped() {
    let (_, history) = planted(DefectKind::FutureRow, Severity::Warning, |bars| {
        bars.push(RawBar { date: day("2030-01-02"), ..bars[119].clone() });
    });
    assert_eq!(history.len(), 120);
}

#[test]
fn weekend_rows_are_dropped() {
    let (defect, history) = planted(DefectKind::WeekendRow, Severity::Warning, |bars| {
        bars.insert(4, RawBar { date: day("2024-01-06"), ..bars[3].clone() });
    });
    assert!(defect.detail.ends_with("on a Saturday"), "{}", defect.detail);
    assert_eq!(history.len(), 120);
}

#[test]
fn holiday_rows_are_dropped_unless_traded() {
    let holiday = |volume| {
        move |bars: &mut Vec<RawBar>| {
            let close = bars[8].close;
            let prices = RawBar { open: close, high: close, low: close, close, ..RawBar::empty(day("2024-01-15")) };
            bars.insert(9, RawBar { volume, ..prices });
        }
    };
    let (_, history) = planted(DefectKind::HolidayRow, Severity::Info, holiday(Some(0.0)));
    assert_eq!(history.len(), 120);
    let (_, history) = planted(DefectKind::HolidayRow, Severity::Info, holiday(None));
    assert_eq!(history.len(), 120);
    let (_, history) = planted(DefectKind::HolidayRow, Severity::Warning, holiday(Some(5e5)));
    assert_eq!(history.len(), 121);
}

#[test]
fn rows_without_price_are_dropped_and_not_reported_as_missing() {
    let empty = |rows: std::ops::Range<usize>| {
        move |bars: &mut Vec<RawBar>| bars[rows].iter_mut().for_each(|bar| *bar = RawBar::empty(bar.date))
    };
    let (defect, history) = planted(DefectKind::NonFinite, Severity::Warning, empty(20..23));
    assert_eq!((defect.date, defect.end_date), (clean_bars()[20].date, clean_bars()[22].date));
    assert_eq!(history.len(), 117);
    planted(DefectKind::NonFinite, Severity::Error, empty(20..31));
    planted(DefectKind::NonFinite, Severity::Info, |bars| bars.insert(9, RawBar::empty(day("2024-01-15"))));
    for close in [f64::NAN, f64::INFINITY, 1e300] {
        planted(DefectKind::NonFinite, Severity::Warning, |bars| bars[20].close = Some(close));
    }
    for close in [0.0, -3.0, f64::MIN, 1e-300] {
        planted(DefectKind::NonPositive, Severity::Warning, |bars| bars[20].close = Some(close));
    }
}
