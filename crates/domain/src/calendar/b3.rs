//! Holidays of B3, São Paulo (Bovespa until 2008, BM&FBOVESPA until 2017).
//!
//! Source: the exchange's yearly trading calendars. Holidays on a weekend are not moved.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use super::easter::days_from_easter;

/// First year for which the rules were verified.
pub(super) const FIRST_YEAR: i32 = 2000;

/// Returns whether the exchange is closed on `date`, a weekday.
///
/// Ash Wednesday is a session: it opens at 13:00 and closes as usual.
pub(super) fn is_holiday(date: NaiveDate) -> bool {
    let (year, weekday) = (date.year(), date.weekday());
    match (date.month(), date.day()) {
        (1 | 5, 1) | (4, 21) | (9, 7) | (10, 12) | (11, 2 | 15) | (12, 24 | 25 | 31) => true,
        // The last weekday of the year: banks close their books.
        (12, 29 | 30) => weekday == Weekday::Fri,
        // Municipal and state holidays of São Paulo: B3 trades on them since 2022, and did on 9 July 2020.
        (1, 25) => year <= 2021,
        (7, 9) => (1998..=2019).contains(&year) || year == 2021,
        // Consciência Negra: a municipal holiday from 2004, moved in 2020, traded in 2021-2023, national since 2024.
        (11, 20) => (2004..=2019).contains(&year) || year >= 2024,
        // Opening match of the World Cup, in São Paulo.
        (6, 12) if year == 2014 => true,
        // Carnival from 2 February to 9 March; Good Friday from 20 March to 23 April; Corpus Christi to 24 June.
        (2..=6, _) => matches!(days_from_easter(date), -48 | -47 | -2 | 60),
        _ => false,
    }
}

/// Returns 18:00, the latest end of the regular session with its closing auction.
///
/// B3 moves its close between 17:00 and 18:00 with daylight saving time in New York. A bar taken before the close must
/// never count as final, while waiting an hour longer costs nothing.
pub(super) fn close_time() -> NaiveTime {
    NaiveTime::from_hms_opt(18, 0, 0).unwrap_or_default()
}
