//! Converts between instants and local dates and times of an exchange.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use closecast_domain::TradingCalendar;

/// Valid years of a session. Dates outside are errors, and some would overflow.
const YEARS: std::ops::RangeInclusive<i32> = 1800..=2200;

/// Returns `date`, clamped to the valid years.
pub(crate) fn clamp_to_valid_years(date: NaiveDate) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(*YEARS.start(), 1, 1).unwrap_or_default();
    let last = NaiveDate::from_ymd_opt(*YEARS.end(), 12, 31).unwrap_or_default();
    date.clamp(first, last)
}

/// Returns the first instant of `date` in `zone`: one o'clock where clocks go forward at midnight (São Paulo until
/// 2018).
pub(crate) fn midnight(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    instant(clamp_to_valid_years(date).and_time(NaiveTime::MIN), zone)
}

/// Returns the closing time of `date` in the exchange's calendar.
pub(crate) fn scheduled_close(date: NaiveDate, zone: Tz, calendar: TradingCalendar) -> DateTime<Utc> {
    instant(clamp_to_valid_years(date).and_time(calendar.close_time(date)), zone)
}

/// Returns the date of `timestamp` (Unix seconds) in `zone`; `None` outside the valid years.
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
    fn midnight_is_one_oclock_when_skipped_by_dst() {
        let date = "2018-11-04".parse().unwrap();
        assert_eq!(midnight(date, Sao_Paulo), "2018-11-04T03:00:00Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(midnight("2018-11-03".parse().unwrap(), Sao_Paulo).timestamp() % 86_400, 3 * 3600);
    }

    #[test]
    fn date_of_uses_exchange_time_zone() {
        let timestamp = "2024-03-04T23:30:00Z".parse::<DateTime<Utc>>().unwrap().timestamp();
        assert_eq!(date_of(timestamp, Tokyo), Some("2024-03-05".parse().unwrap()));
        assert_eq!(date_of(i64::MAX, Tokyo), None);
        assert_eq!(date_of(8_210_266_876_799, Tokyo), None, "the last second that chrono knows");
    }

    #[test]
    fn midnight_accepts_extreme_dates() {
        assert!(midnight(NaiveDate::MIN, Tokyo) < midnight(NaiveDate::MAX, Tokyo));
    }
}
