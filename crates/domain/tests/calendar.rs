//! The holiday rules against an independent implementation, day by day; `fixtures/calendars.py` creates the fixture.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking; clippy exempts only the test functions themselves"
)]

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate, NaiveTime};
use closecast_domain::{Exchange, TradingCalendar};

/// Status of each listed day in the fixture: `closed`, or the time of an early close.
type Listed = HashMap<(Exchange, NaiveDate), &'static str>;

const FIXTURE: &str = include_str!("../fixtures/calendars.txt");

fn exchange_named(name: &str) -> Exchange {
    match name {
        "XNYS" => Exchange::UnitedStates,
        "BVMF" => Exchange::B3,
        other => panic!("unknown calendar {other}"),
    }
}

fn listed_days() -> Listed {
    let mut listed = Listed::new();
    for line in FIXTURE.lines().filter(|line| !line.starts_with('#') && !line.contains("latest-close")) {
        let mut words = line.split_whitespace();
        let exchange = exchange_named(words.next().unwrap());
        let year = words.next().unwrap();
        let what = words.next().unwrap();
        for day in words {
            listed.insert((exchange, format!("{year}-{day}").parse().unwrap()), what);
        }
    }
    listed
}

fn days(first_year: i32) -> impl Iterator<Item = NaiveDate> {
    NaiveDate::from_ymd_opt(first_year, 1, 1).unwrap().iter_days().take_while(|day| day.year() <= 2027)
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

#[test]
fn sessions_agree_with_exchange_calendars() {
    let listed = listed_days();
    for (exchange, first_year) in [(Exchange::UnitedStates, 1971), (Exchange::B3, 2000)] {
        let calendar = TradingCalendar::new(exchange);
        let differences: Vec<_> = days(first_year)
            .filter(|&day| {
                let weekend = day.weekday().number_from_monday() > 5;
                let expected = !weekend && listed.get(&(exchange, day)) != Some(&"closed");
                calendar.is_session(day) != expected
            })
            .collect();
        assert!(differences.is_empty(), "{exchange:?}: {differences:?}");
    }
}

#[test]
fn us_closing_times_agree_with_exchange_calendars() {
    let listed = listed_days();
    let calendar = TradingCalendar::new(Exchange::UnitedStates);
    for day in days(1971).filter(|&day| calendar.is_session(day)) {
        let expected = listed.get(&(Exchange::UnitedStates, day)).copied().unwrap_or("16:00");
        assert_eq!(calendar.close_time(day), time(expected), "{day}");
    }
}

/// B3's close changes with the season; the latest one applies always, so that no unfinished bar counts as final.
#[test]
fn b3_sessions_close_no_later_than_close_time() {
    let latest = FIXTURE.lines().find_map(|line| line.strip_prefix("BVMF latest-close ")).unwrap();
    let calendar = TradingCalendar::new(Exchange::B3);
    assert!(days(2000).all(|day| calendar.close_time(day) == time(latest)));
}
