//! The date of Easter, from which the movable holidays of both exchanges follow.

use chrono::{Datelike, NaiveDate};

/// Returns the number of days from the Easter Sunday of its year to `date`, negative before it.
pub(super) fn days_from_easter(date: NaiveDate) -> i64 {
    let (month, day) = easter(date.year());
    let easter = NaiveDate::from_ymd_opt(date.year(), month, day).unwrap_or(date);
    i64::from(date.ordinal()) - i64::from(easter.ordinal())
}

/// Returns month and day of Easter Sunday in the Gregorian calendar.
///
/// The algorithm of Meeus, Jones and Butcher (J. Meeus, *Astronomical Algorithms*, 2nd edition, chapter 8), with its
/// variable names, since the quantities have no others.
fn easter(year: i32) -> (u32, u32) {
    // The calendar repeats every 5,700,000 years; Euclidean remainders cover years before 1.
    let year = year.rem_euclid(5_700_000).unsigned_abs();
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    (month, (h + l - 7 * m + 33 * month + 19) % 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the table of the U.S. Census Bureau, "Easter dates from 1600 to 2099"; 1818 and 2038 are the extremes.
    #[test]
    fn easter_falls_on_the_published_dates() {
        let published = [(1818, 3, 22), (1961, 4, 2), (2000, 4, 23), (2008, 3, 23), (2011, 4, 24), (2024, 3, 31)];
        for (year, month, day) in published.into_iter().chain([(2025, 4, 20), (2038, 4, 25)]) {
            assert_eq!(easter(year), (month, day), "{year}");
        }
    }

    #[test]
    fn easter_is_a_sunday_in_every_year() {
        for year in (NaiveDate::MIN.year()..NaiveDate::MAX.year()).step_by(997) {
            let (month, day) = easter(year);
            let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            assert_eq!(date.weekday(), chrono::Weekday::Sun, "{date}");
        }
    }
}
