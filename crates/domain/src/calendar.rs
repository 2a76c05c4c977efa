//! Trading calendars: sessions, holidays, closing times.

mod b3;
mod easter;
mod exchange;
mod united_states;

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

pub use exchange::Exchange;

/// Last year for which the holiday rules were verified; later years are extrapolated.
const LAST_CHECKED_YEAR: i32 = 2027;

/// The sessions of an [`Exchange`].
///
/// ```
/// use chrono::NaiveDate;
/// use closecast_domain::{Exchange, TradingCalendar};
///
/// let calendar = TradingCalendar::new(Exchange::UnitedStates);
/// let wednesday = NaiveDate::from_ymd_opt(2024, 7, 3).unwrap_or_default();
/// assert_eq!(calendar.next_session(wednesday).to_string(), "2024-07-05", "July 4 is a holiday");
/// assert_eq!(calendar.close_time(wednesday).to_string(), "13:00:00", "and the day before it is short");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradingCalendar {
    exchange: Exchange,
}

impl TradingCalendar {
    /// Returns the calendar of `exchange`.
    #[must_use]
    pub fn new(exchange: Exchange) -> Self {
        Self { exchange }
    }

    /// Returns the exchange.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// Returns whether the exchange trades on `date` by its rules, also outside [`Self::known_years`].
    #[must_use]
    pub fn is_session(&self, date: NaiveDate) -> bool {
        match self.exchange {
            Exchange::EveryDay => true,
            Exchange::Weekdays => is_weekday(date),
            Exchange::UnitedStates => is_weekday(date) && !united_states::is_holiday(date),
            Exchange::B3 => is_weekday(date) && !b3::is_holiday(date),
        }
    }

    /// Returns the years whose holidays are known; `None` for an exchange with unknown holidays.
    ///
    /// Unscheduled closures may be missing from years that had not ended when the rules were written.
    #[must_use]
    pub fn known_years(&self) -> Option<RangeInclusive<i32>> {
        match self.exchange {
            Exchange::EveryDay => Some(i32::MIN..=i32::MAX),
            Exchange::Weekdays => None,
            Exchange::UnitedStates => Some(united_states::FIRST_YEAR..=LAST_CHECKED_YEAR),
            Exchange::B3 => Some(b3::FIRST_YEAR..=LAST_CHECKED_YEAR),
        }
    }

    /// Returns whether all sessions from `start` to `end`, inclusive, are known, because the holidays of those years
    /// are.
    #[must_use]
    pub fn is_exact(&self, start: NaiveDate, end: NaiveDate) -> bool {
        self.known_years().is_some_and(|years| years.contains(&start.year()) && years.contains(&end.year()))
    }

    /// Returns the first session after `date`; `date` itself at the end of chrono's calendar, in the year 262142.
    #[must_use]
    pub fn next_session(&self, date: NaiveDate) -> NaiveDate {
        date.iter_days().skip(1).find(|&day| self.is_session(day)).unwrap_or(date)
    }

    /// Returns the first session after `date` as scheduled on the evening of `date`: without unscheduled closures, such
    /// as that of 2001-09-11, which a model must not know in advance.
    #[must_use]
    pub fn scheduled_next_session(&self, date: NaiveDate) -> NaiveDate {
        let scheduled = |day: &NaiveDate| {
            let unscheduled_closure =
                self.exchange == Exchange::UnitedStates && united_states::is_unscheduled_closure(*day);
            self.is_session(*day) || (unscheduled_closure && is_weekday(*day))
        };
        date.iter_days().skip(1).find(scheduled).unwrap_or(date)
    }

    /// Returns the next `count` sessions after `date`, in order.
    #[must_use]
    pub fn sessions_after(&self, date: NaiveDate, count: usize) -> Vec<NaiveDate> {
        date.iter_days().skip(1).filter(|&day| self.is_session(day)).take(count).collect()
    }

    /// Returns the last `count` sessions up to and including `date`, oldest first.
    #[must_use]
    pub fn sessions_until(&self, date: NaiveDate, count: usize) -> Vec<NaiveDate> {
        let back = std::iter::successors(Some(date), NaiveDate::pred_opt);
        let mut sessions: Vec<NaiveDate> = back.filter(|&day| self.is_session(day)).take(count).collect();
        sessions.reverse();
        sessions
    }

    /// Returns the sessions from `start` to `end`, inclusive.
    pub fn sessions_between(&self, start: NaiveDate, end: NaiveDate) -> impl Iterator<Item = NaiveDate> + use<> {
        let calendar = *self;
        start.iter_days().take_while(move |&day| day <= end).filter(move |&day| calendar.is_session(day))
    }

    /// Returns the time, in the time zone of the exchange, from which the bar of `date` is final.
    ///
    /// NYSE and Nasdaq: 16:00, and 13:00 on early closes. B3: 18:00, the latest of its seasonal closes.
    /// Cryptocurrencies, and exchanges with unknown hours: the last second of the day; the latter in UTC.
    #[must_use]
    pub fn close_time(&self, date: NaiveDate) -> NaiveTime {
        match self.exchange {
            Exchange::UnitedStates => united_states::close_time(date),
            Exchange::B3 => b3::close_time(),
            Exchange::Weekdays | Exchange::EveryDay => NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default(),
        }
    }
}

pub(crate) fn is_weekday(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Exchange; 4] = [Exchange::UnitedStates, Exchange::B3, Exchange::Weekdays, Exchange::EveryDay];

    #[test]
    fn extreme_dates_do_not_panic() {
        for calendar in ALL.map(TradingCalendar::new) {
            assert_eq!(calendar.next_session(NaiveDate::MAX), NaiveDate::MAX);
            assert_eq!(calendar.sessions_after(NaiveDate::MAX, 3), []);
            assert_eq!(calendar.sessions_between(NaiveDate::MAX, NaiveDate::MIN).count(), 0);
            assert!(calendar.next_session(NaiveDate::MIN) > NaiveDate::MIN);
        }
    }

    #[test]
    fn sessions_after_excludes_the_start() {
        let calendar = TradingCalendar::new(Exchange::B3);
        let friday = NaiveDate::from_ymd_opt(2024, 2, 9).unwrap();
        let next = calendar.sessions_after(friday, 2);
        assert_eq!(next[0].to_string(), "2024-02-14", "carnival Monday and Tuesday are holidays, Ash Wednesday is not");
        assert_eq!(calendar.sessions_between(friday, next[1]).collect::<Vec<_>>(), [friday, next[0], next[1]]);
    }

    #[test]
    fn sessions_until_counts_backwards() {
        let calendar = TradingCalendar::new(Exchange::UnitedStates);
        let sunday = NaiveDate::from_ymd_opt(2024, 7, 7).unwrap();
        let sessions: Vec<String> = calendar.sessions_until(sunday, 3).iter().map(ToString::to_string).collect();
        assert_eq!(sessions, ["2024-07-02", "2024-07-03", "2024-07-05"]);
        assert_eq!(calendar.sessions_until(sunday, 0), []);
        assert!(calendar.sessions_until(NaiveDate::MIN, 3).len() <= 1);
    }

    #[test]
    fn scheduled_next_session_ignores_unscheduled_closures() {
        let calendar = TradingCalendar::new(Exchange::UnitedStates);
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        for (day, expected, happened) in [
            (day(2001, 9, 10), day(2001, 9, 11), day(2001, 9, 17)),
            (day(2012, 10, 26), day(2012, 10, 29), day(2012, 10, 31)),
            (day(1985, 9, 26), day(1985, 9, 27), day(1985, 9, 30)),
            (day(2024, 7, 3), day(2024, 7, 5), day(2024, 7, 5)),
            (day(2018, 12, 4), day(2018, 12, 6), day(2018, 12, 6)),
        ] {
            assert_eq!(calendar.scheduled_next_session(day), expected);
            assert_eq!(calendar.next_session(day), happened);
        }
    }

    #[test]
    fn is_exact_requires_known_years() {
        let day = |year| NaiveDate::from_ymd_opt(year, 6, 1).unwrap();
        let exact = |exchange, from, to| TradingCalendar::new(exchange).is_exact(day(from), day(to));
        assert!(exact(Exchange::UnitedStates, 1971, 2027) && exact(Exchange::B3, 2000, 2027));
        assert!(!exact(Exchange::UnitedStates, 1970, 1971) && !exact(Exchange::B3, 2027, 2028));
        assert!(exact(Exchange::EveryDay, 1, 9999) && !exact(Exchange::Weekdays, 2024, 2024));
    }
}
