//! Between instants and the dates and hours of an exchange.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use closecast_domain::TradingCalendar;

/// Years in which a session can lie. Dates outside are mistakes, and some of them would overflow the arithmetic.
const YEARS: std::ops::RangeInclusive<i32> = 1800..=2200;

/// Returns `date`, moved into the years that a session can lie in.
pub(crate) fn within_reason(date: NaiveDate) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(*YEARS.start(), 1, 1).unwrap_or_default();
    let last = NaiveDate::from_ymd_opt(*YEARS.end(), 12, 31).unwrap_or_default();
    date.clamp(first, last)
}

/// Returns the first instant of `date` in `zone`. Where clocks go forward at midnight (São Paulo until 2018), the day
/// begins at one o'clock.
pub(crate) fn midnight(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    instant(within_reason(date).and_time(NaiveTime::MIN), zone)
}

/// Returns when trading of `date` ends by the exchange's calendar.
pub(crate) fn scheduled_close(date: NaiveDate, zone: Tz, calendar: TradingCalendar) -> DateTime<Utc> {
    instant(within_reason(date).and_time(calendar.close_time(date)), zone)
}

/// Returns the date of `timestamp` (Unix seconds) in `zone`; `None` when no session can lie there.
pub(crate) fn date_of(timestamp: i64, zone: Tz) -> Option<NaiveDate> {
    let time = DateTime::from_timestamp(timestamp, 0).filter(|time| YEARS.contains(&time.year()))?;
    Some(time.with_timezone(&zone).date_naive())
}

fn instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let skipped = || zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
    zone.from_local_datetime(&local).earliest().or_else(skipped).map_or_else(|| local.and_utc(), |time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America::Sao_Paulo, Asia::Tokyo};

    use super::*;

    #[test]
    fn a_day_without_midnight_begins_at_one() {
        let date = "2018-11-04".parse().unwrap();
        assert_eq!(midnight(date, Sao_Paulo), "2018-11-04T03:00:00Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(midnight("2018-11-03".parse().unwrap(), Sao_Paulo).timestamp() % 86_400, 3 * 3600);
    }

    #[test]
    fn the_date_is_that_of_the_exchange() {
        let evening = "2024-03-04T23:30:00Z".parse::<DateTime<Utc>>().unwrap().timestamp();
        assert_eq!(date_of(evening, Tokyo), Some("2024-03-05".parse().unwrap()));
        assert_eq!(date_of(i64::MAX, Tokyo), None);
        assert_eq!(date_of(8_210_266_876_799, Tokyo), None, "the last second that chrono knows");
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        assert!(midnight(NaiveDate::MIN, Tokyo) < midnight(NaiveDate::MAX, Tokyo));
    }
}
