//! A while after each session's own close.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use closecast_domain::{Exchange, TradingCalendar};

/// No exchange stays closed for so many days; the longest was NYSE's four months in 1914.
const LONGEST_CLOSURE_DAYS: usize = 150;

/// The moments a fixed while after every close of an exchange: on its sessions alone, earlier on short days, and by the clocks
/// of its own city.
#[derive(Clone, Debug, PartialEq)]
pub struct AfterClose {
    calendar: TradingCalendar,
    zone: Tz,
    delay: TimeDelta,
}

impl AfterClose {
    /// Returns the moments `delay` after the closes of `exchange`.
    pub fn new(exchange: Exchange, delay: TimeDelta) -> Self {
        let zone = exchange.time_zone().parse().unwrap_or(Tz::UTC);
        Self { calendar: TradingCalendar::new(exchange), zone, delay }
    }

    /// Returns the exchange.
    pub fn exchange(&self) -> Exchange {
        self.calendar.exchange()
    }

    /// Returns the newest moment at or before `now`.
    pub fn newest(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = now.with_timezone(&self.zone).date_naive();
        let days = std::iter::successors(Some(today), NaiveDate::pred_opt).take(LONGEST_CLOSURE_DAYS);
        self.moments(days).find(|&moment| moment <= now)
    }

    /// Returns the first moment after `now`.
    pub fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = now.with_timezone(&self.zone).date_naive();
        // What follows an earlier day's close can lie on this day.
        let first = today.checked_sub_days(chrono::Days::new(1 + self.delay.num_days().unsigned_abs()))?;
        self.moments(first.iter_days().take(LONGEST_CLOSURE_DAYS)).find(|&moment| moment > now)
    }

    fn moments(&self, days: impl Iterator<Item = NaiveDate>) -> impl Iterator<Item = DateTime<Utc>> {
        days.filter(|&day| self.calendar.is_session(day)).filter_map(|day| self.moment(day))
    }

    /// Returns the moment after the session on `day`; `None` at the end of the calendar.
    fn moment(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let close = day.and_time(self.calendar.close_time(day));
        // Clocks are changed at night; should a close ever fall into a gap, the hour after it is as good.
        let close = self
            .zone
            .from_local_datetime(&close)
            .earliest()
            .or_else(|| self.zone.from_local_datetime(&(close + TimeDelta::hours(1))).earliest())?;
        close.to_utc().checked_add_signed(self.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Returns the moments after `from` until `to`, found one after the other, each found again by looking back.
    fn moments(exchange: Exchange, minutes: i64, from: &str, to: &str) -> Vec<String> {
        let closes = AfterClose::new(exchange, TimeDelta::minutes(minutes));
        let (mut at, to, mut found) = (utc(from), utc(to), Vec::new());
        while let Some(next) = closes.next(at).filter(|&next| next <= to) {
            assert_eq!(closes.newest(next), Some(next));
            assert!(closes.newest(next - TimeDelta::seconds(1)).unwrap() <= at, "{next}");
            found.push(next.format("%m-%d %H:%M").to_string());
            at = next;
        }
        found
    }

    #[test]
    fn new_york_in_a_week_with_a_short_day_and_a_holiday() {
        let week = moments(Exchange::UnitedStates, 45, "2024-07-01T00:00:00Z", "2024-07-08T23:59:59Z");
        assert_eq!(week, ["07-01 20:45", "07-02 20:45", "07-03 17:45", "07-05 20:45", "07-08 20:45"]);
        let thanksgiving = moments(Exchange::UnitedStates, 45, "2024-11-27T00:00:00Z", "2024-12-01T00:00:00Z");
        assert_eq!(thanksgiving, ["11-27 21:45", "11-29 18:45"]);
    }

    #[test]
    fn new_york_keeps_its_own_time_when_clocks_change_and_sao_paulo_does_not_change() {
        let spring = |exchange| moments(exchange, 45, "2024-03-08T00:00:00Z", "2024-03-12T00:00:00Z");
        assert_eq!(spring(Exchange::UnitedStates), ["03-08 21:45", "03-11 20:45"]);
        assert_eq!(spring(Exchange::B3), ["03-08 21:45", "03-11 21:45"]);
        let autumn = moments(Exchange::UnitedStates, 45, "2024-11-01T00:00:00Z", "2024-11-05T00:00:00Z");
        assert_eq!(autumn, ["11-01 20:45", "11-04 21:45"]);
        // Brazil had daylight saving time until 2019; it ended on 2019-02-17.
        let old = moments(Exchange::B3, 45, "2019-02-15T00:00:00Z", "2019-02-19T00:00:00Z");
        assert_eq!(old, ["02-15 20:45", "02-18 21:45"]);
    }

    #[test]
    fn carnival_and_christmas_are_left_out_in_sao_paulo() {
        let carnival = moments(Exchange::B3, 0, "2024-02-09T00:00:00Z", "2024-02-15T00:00:00Z");
        assert_eq!(carnival, ["02-09 21:00", "02-14 21:00"]);
        let christmas = moments(Exchange::B3, 0, "2024-12-23T00:00:00Z", "2024-12-27T00:00:00Z");
        assert_eq!(christmas, ["12-23 21:00", "12-26 21:00"]);
    }

    #[test]
    fn a_long_delay_reaches_into_the_next_day() {
        let late = moments(Exchange::UnitedStates, 23 * 60 + 59, "2024-07-01T21:00:00Z", "2024-07-05T00:00:00Z");
        assert_eq!(late, ["07-02 19:59", "07-03 19:59", "07-04 16:59"]);
    }

    #[test]
    fn every_exchange_has_a_known_time_zone() {
        for exchange in [Exchange::UnitedStates, Exchange::B3, Exchange::Weekdays, Exchange::EveryDay] {
            let zone: Tz = exchange.time_zone().parse().unwrap();
            assert_eq!(AfterClose::new(exchange, TimeDelta::zero()).zone, zone);
        }
    }
}
