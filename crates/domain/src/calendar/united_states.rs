//! Holidays and early closes of NYSE and Nasdaq, which are identical.
//!
//! Source: NYSE Rule 7.2 (a holiday on a Saturday is observed on the Friday before, on a Sunday on the Monday after),
//! the exchange's list of historical closings, and its yearly announcements.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use super::easter::days_from_easter;

/// First year for which the rules hold: Monday holidays began in 1971.
pub(super) const FIRST_YEAR: i32 = 1971;

/// Returns whether the exchange is closed on `date`, a weekday.
pub(super) fn is_holiday(date: NaiveDate) -> bool {
    let (year, day, weekday) = (date.year(), date.day(), date.weekday());
    let monday_of_week = |week: u32| weekday == Weekday::Mon && day.div_ceil(7) == week;
    let regular = match date.month() {
        // New Year's Day on a Saturday is not observed: December 31 is a session.
        1 => day == 1 || (day == 2 && weekday == Weekday::Mon) || (year >= 1998 && monday_of_week(3)),
        2 => monday_of_week(3),
        3 | 4 => days_from_easter(date) == -2,
        5 => weekday == Weekday::Mon && day >= 25,
        6 => year >= 2022 && is_observed(date, 19),
        7 => is_observed(date, 4),
        9 => monday_of_week(1),
        11 => is_thanksgiving(date) || is_election_day(date),
        12 => is_observed(date, 25),
        _ => false,
    };
    regular || is_one_off_closure(date)
}

/// Returns the closing time of the session `date`.
pub(super) fn close_time(date: NaiveDate) -> NaiveTime {
    let hour = match is_early_close(date) {
        false => 16,
        true if date.year() < 1993 => 14,
        true => 13,
    };
    NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()
}

fn is_early_close(date: NaiveDate) -> bool {
    let (year, weekday) = (date.year(), date.weekday());
    match (date.month(), date.day()) {
        (7, 3) if year >= 2013 => weekday != Weekday::Fri,
        (7, 3) if year >= 1995 => matches!(weekday, Weekday::Mon | Weekday::Tue | Weekday::Thu),
        // Until 2012 the Friday after a Thursday holiday closed early; since 2013 the Wednesday before it does.
        (7, 5) => (1995..2013).contains(&year) && weekday == Weekday::Fri,
        (11, 23..=29) => year >= 1992 && weekday == Weekday::Fri,
        (12, 24) => true,
        (12, 26) => matches!(year, 1997 | 2003),
        (12, 31) => year == 1999,
        _ => false,
    }
}

/// Returns whether the holiday on day `holiday` of the month is observed on `date`, a weekday: on the day itself, the
/// Friday before a Saturday, or the Monday after a Sunday.
fn is_observed(date: NaiveDate, holiday: u32) -> bool {
    match date.weekday() {
        Weekday::Fri => date.day() == holiday || date.day() + 1 == holiday,
        Weekday::Mon => date.day() == holiday || date.day() == holiday + 1,
        _ => date.day() == holiday,
    }
}

fn is_thanksgiving(date: NaiveDate) -> bool {
    date.weekday() == Weekday::Thu && (22..=28).contains(&date.day())
}

fn is_election_day(date: NaiveDate) -> bool {
    matches!(date.year(), 1972 | 1976 | 1980) && date.weekday() == Weekday::Tue && (2..=8).contains(&date.day())
}

/// Returns whether the exchange closed on `date` without announcing it on the previous trading day. Funerals of
/// presidents were announced days ahead.
pub(super) fn is_unscheduled_closure(date: NaiveDate) -> bool {
    matches!(
        (date.year(), date.month(), date.day()),
        (1977, 7, 14) | (1985, 9, 27) | (2001, 9, 11..=14) | (2012, 10, 29..=30)
    )
}

fn is_one_off_closure(date: NaiveDate) -> bool {
    matches!(
        (date.year(), date.month(), date.day()),
        (1972, 12, 28)              // funeral of Harry S. Truman
            | (1973, 1, 25)         // funeral of Lyndon B. Johnson
            | (1977, 7, 14)         // blackout in New York
            | (1985, 9, 27)         // hurricane Gloria
            | (1994, 4, 27)         // funeral of Richard Nixon
            | (2001, 9, 11..=14)    // attacks of September 11
            | (2004, 6, 11)         // funeral of Ronald Reagan
            | (2007, 1, 2)          // funeral of Gerald Ford
            | (2012, 10, 29..=30)   // hurricane Sandy
            | (2018, 12, 5)         // funeral of George H. W. Bush
            | (2025, 1, 9) // funeral of Jimmy Carter
    )
}
