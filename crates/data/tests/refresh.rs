//! Planning a refresh, and merging its result.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use closecast_data::{
    provider::FetchRange,
    refresh::{FullReason, MarketDay, Merge, Merged, RefreshPlan, Rewrite, StoredSpan, merge, plan},
};
use closecast_domain::{Exchange, PriceBasis, RawBar, RawSeries, TradingCalendar};

const HALF_AN_HOUR: Duration = Duration::from_secs(1800);

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn market(exchange: Exchange, now: &str) -> (String, String) {
    let day = MarketDay::at(exchange, now.parse::<DateTime<Utc>>().unwrap(), HALF_AN_HOUR);
    (day.today.to_string(), day.last_settled.to_string())
}

#[test]
fn last_settled_session_follows_exchange_hours() {
    for (exchange, now, today, last_settled) in [
        // A Friday in New York: open, closed but not settled, settled, and already Saturday in UTC.
        (Exchange::UnitedStates, "2024-03-08T18:00:00Z", "2024-03-08", "2024-03-07"),
        (Exchange::UnitedStates, "2024-03-08T21:10:00Z", "2024-03-08", "2024-03-07"),
        (Exchange::UnitedStates, "2024-03-08T21:30:00Z", "2024-03-08", "2024-03-08"),
        (Exchange::UnitedStates, "2024-03-09T03:00:00Z", "2024-03-08", "2024-03-08"),
        // Monday before the opening, an hour earlier in UTC since Sunday.
        (Exchange::UnitedStates, "2024-03-11T12:00:00Z", "2024-03-11", "2024-03-08"),
        (Exchange::UnitedStates, "2024-03-11T20:30:00Z", "2024-03-11", "2024-03-11"),
        (Exchange::B3, "2024-03-09T02:00:00Z", "2024-03-08", "2024-03-08"),
        (Exchange::EveryDay, "2024-03-09T12:00:00Z", "2024-03-09", "2024-03-08"),
        (Exchange::Weekdays, "2024-03-10T12:00:00Z", "2024-03-10", "2024-03-08"),
    ] {
        assert_eq!(market(exchange, now), (today.to_owned(), last_settled.to_owned()), "{exchange:?} {now}");
    }
}

#[test]
fn the_ends_of_time_do_no_harm() {
    for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        for settles_after in [Duration::ZERO, Duration::MAX] {
            let day = MarketDay::at(Exchange::UnitedStates, now, settles_after);
            assert!(day.last_settled <= day.today);
        }
    }
}

const MARKET: &str = "2024-03-11T21:00:00Z";

fn planned(stored: Option<(&str, &str)>, wanted_start: &str) -> RefreshPlan {
    let market = MarketDay::at(Exchange::UnitedStates, MARKET.parse().unwrap(), HALF_AN_HOUR);
    let stored = stored.map(|(from, last)| StoredSpan { covers_from: date(from), last_settled: date(last) });
    plan(stored, date(wanted_start), market, TradingCalendar::new(Exchange::UnitedStates))
}

fn until_today(start: &str) -> FetchRange {
    FetchRange::new(date(start), date("2024-03-12"))
}

#[test]
fn plan_is_full_when_nothing_is_stored() {
    let full = RefreshPlan::Full { range: until_today("2020-01-01"), reason: FullReason::NothingStored };
    assert_eq!(planned(None, "2020-01-01"), full);
}

#[test]
fn plan_is_up_to_date_when_complete() {
    assert_eq!(planned(Some(("2020-01-01", "2024-03-11")), "2020-01-01"), RefreshPlan::UpToDate);
    assert_eq!(planned(Some(("2020-01-01", "2024-03-11")), "2022-01-01").range(), None);
}

#[test]
fn plan_refetches_a_week_before_missing_day() {
    let append = |start| RefreshPlan::Append { range: until_today(start) };
    // Friday is the newest one stored: Friday, Thursday, Wednesday, Tuesday, Monday again.
    assert_eq!(planned(Some(("2020-01-01", "2024-03-08")), "2020-01-01"), append("2024-03-04"));
    assert_eq!(planned(Some(("2024-03-07", "2024-03-08")), "2024-03-07"), append("2024-03-07"));
}

#[test]
fn plan_is_full_for_earlier_start() {
    let reason = FullReason::EarlierStart { covers_from: date("2020-01-01") };
    let full = RefreshPlan::Full { range: until_today("2015-01-01"), reason };
    assert_eq!(planned(Some(("2020-01-01", "2024-03-11")), "2015-01-01"), full);
}

#[test]
fn after_rewrite_covers_all_stored_sessions() {
    let market = MarketDay::at(Exchange::UnitedStates, MARKET.parse().unwrap(), HALF_AN_HOUR);
    let stored = StoredSpan { covers_from: date("2015-01-01"), last_settled: date("2024-03-08") };
    let plan = RefreshPlan::after_rewrite(stored, date("2020-01-01"), market, Rewrite::NoOverlap);
    assert_eq!(plan.range(), Some(until_today("2015-01-01")));
}

/// Bars of March 2024, one for each day and close, with an adjusted close 2 % below.
fn march(closes: &[(u32, f64)]) -> RawSeries {
    let bar = |&(day, close)| RawBar {
        close: Some(close),
        adj_close: Some(close * 0.98),
        ..RawBar::empty(NaiveDate::from_ymd_opt(2024, 3, day).unwrap())
    };
    RawSeries {
        symbol: "AAPL".parse().unwrap(),
        basis: PriceBasis::SplitAdjusted,
        currency: Some("USD".to_owned()),
        source: "yahoo".to_owned(),
        bars: closes.iter().map(bar).collect(),
    }
}

fn appended(stored: &RawSeries, fetched: &RawSeries) -> Merged {
    match merge(stored, fetched) {
        Merge::Appended(merged) => merged,
        Merge::Rewritten(rewrite) => panic!("{rewrite}"),
    }
}

fn rewritten(stored: &RawSeries, fetched: &RawSeries) -> Rewrite {
    match merge(stored, fetched) {
        Merge::Rewritten(rewrite) => rewrite,
        Merge::Appended(merged) => panic!("{merged:?}"),
    }
}

fn closes(series: &RawSeries) -> Vec<f64> {
    series.bars.iter().map(|bar| bar.close.unwrap()).collect()
}

#[test]
fn merge_appends_new_sessions_in_order() {
    let stored = march(&[(4, 100.0), (5, 101.0), (6, 102.0)]);
    let merged = appended(&stored, &march(&[(8, 104.0), (7, 103.0), (6, 102.0), (5, 101.0)]));
    assert_eq!((merged.added, merged.replaced), (2, 0));
    assert_eq!(closes(&merged.series), [100.0, 101.0, 102.0, 103.0, 104.0]);
    assert!(merged.series.bars.is_sorted_by_key(|bar| bar.date));
}

#[test]
fn merge_replaces_corrected_close() {
    let stored = march(&[(4, 100.0), (5, 101.0), (6, 102.0)]);
    let merged = appended(&stored, &march(&[(4, 100.0), (5, 101.5), (6, 102.0)]));
    assert_eq!((merged.added, merged.replaced), (0, 1));
    assert_eq!(closes(&merged.series), [100.0, 101.5, 102.0]);
}

#[test]
fn merge_tolerates_float32_rounding() {
    let stored = march(&[(4, 100.0), (5, 101.1)]);
    let mut fetched = march(&[(4, 100.0), (5, 101.1)]);
    for bar in &mut fetched.bars {
        bar.adj_close = bar.adj_close.map(|price| f64::from(price as f32));
        bar.close = bar.close.map(|price| f64::from(price as f32));
    }
    appended(&stored, &fetched);
}

#[test]
fn merge_detects_changed_adjustment_of_smallest_dividend() {
    let stored = march(&[(4, 900.0), (5, 901.0)]);
    let mut fetched = march(&[(4, 900.0), (5, 901.0), (6, 902.0)]);
    for bar in &mut fetched.bars[..2] {
        // NVIDIA paid 0.01 on a share of 900.
        bar.adj_close = bar.adj_close.map(|price| price * (1.0 - 0.01 / 901.0));
    }
    assert!(
        matches!(rewritten(&stored, &fetched), Rewrite::AdjustmentChanged { date, .. } if date == self::date("2024-03-04"))
    );
}

#[test]
fn merge_detects_new_events_only() {
    let stored = march(&[(4, 100.0), (5, 101.0)]);
    let mut fetched = march(&[(4, 100.0), (5, 101.0), (6, 102.0)]);
    fetched.bars[2].dividend = 0.25;
    let new = Rewrite::NewDividend { date: date("2024-03-06"), amount: 0.25 };
    assert_eq!(rewritten(&stored, &fetched), new);
    assert!(matches!(merge(&fetched, &fetched), Merge::Appended(_)), "known by now");
    fetched.bars[2].split = 10.0;
    assert_eq!(rewritten(&stored, &fetched), Rewrite::NewSplit { date: date("2024-03-06"), ratio: 10.0 });
}

#[test]
fn merge_ignores_events_of_unadjusted_prices() {
    let unadjusted = |mut series: RawSeries| {
        series.basis = PriceBasis::Unadjusted;
        series.bars.iter_mut().for_each(|bar| bar.adj_close = None);
        series
    };
    let stored = unadjusted(march(&[(4, 100.0), (5, 101.0)]));
    let mut fetched = unadjusted(march(&[(5, 101.0), (6, 10.2)]));
    fetched.bars[1].split = 10.0;
    assert_eq!(appended(&stored, &fetched).added, 1);
}

#[test]
fn merge_detects_rescaled_prices() {
    let stored = march(&[(4, 100.0), (5, 101.0)]);
    let scaled = march(&[(4, 25.0), (5, 25.25), (6, 25.5)]);
    assert_eq!(rewritten(&stored, &scaled), Rewrite::PricesRescaled { ratio: 0.25 });
}

#[test]
fn merge_rejects_incomparable_series() {
    let stored = march(&[(4, 100.0)]);
    assert_eq!(rewritten(&stored, &march(&[(5, 101.0)])), Rewrite::NoOverlap);
    for (what, change) in [
        ("symbol", (|series| series.symbol = "MSFT".parse().unwrap()) as fn(&mut RawSeries)),
        ("basis", |series| series.basis = PriceBasis::FullyAdjusted),
        ("currency", |series| series.currency = Some("BRL".to_owned())),
    ] {
        let mut fetched = stored.clone();
        change(&mut fetched);
        assert_eq!(rewritten(&stored, &fetched), Rewrite::DifferentSeries { what });
    }
    let mut unnamed = stored.clone();
    unnamed.currency = None;
    assert_eq!(appended(&stored, &unnamed).series.currency.as_deref(), Some("USD"));
}

#[test]
fn merge_keeps_more_complete_bar() {
    let stored = march(&[(4, 100.0), (5, 101.0), (6, 102.0)]);
    let mut fetched = march(&[(4, 100.0), (5, 101.7), (6, 102.7)]);
    fetched.bars[1].live = true;
    fetched.bars[2].close = None;
    let merged = appended(&stored, &fetched);
    assert_eq!((closes(&merged.series), merged.replaced), (vec![100.0, 101.0, 102.0], 0));
}

#[test]
fn merge_replaces_live_bars_by_settled_bar() {
    let mut stored = march(&[(4, 100.0), (5, 101.0), (5, 101.3)]);
    stored.bars[1].live = true;
    stored.bars[2].live = true;
    let merged = appended(&stored, &march(&[(4, 100.0), (5, 101.9)]));
    assert_eq!(closes(&merged.series), [100.0, 101.9]);
    assert!(!merged.series.bars[1].live);
    assert_eq!((merged.added, merged.replaced), (0, 1));
}

#[test]
fn merge_with_empty_series_returns_the_other() {
    let (none, some) = (march(&[]), march(&[(4, 100.0)]));
    assert_eq!(appended(&none, &some).series, some);
    assert_eq!(appended(&some, &none).series, some);
}
