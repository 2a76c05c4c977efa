//! When an exchange trades: sessions, holidays, the next trading day.

mod b3;
mod easter;
mod exchange;
mod united_states;

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

pub use exchange::Exchange;

/// Last year that the holiday rules were checked for; a later year is extrapolated by the same rules.
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

    /// Returns whether the exchange trades on `date`: by its rules, in years outside [`Self::known_years`] too.
    #[must_use]
    pub fn is_session(&self, date: NaiveDate) -> bool {
        match self.exchange {
            Exchange::EveryDay => true,
            Exchange::Weekdays => is_weekday(date),
            Exchange::UnitedStates => is_weekday(date) && !united_states::is_holiday(date),
            Exchange::B3 => is_weekday(date) && !b3::is_holiday(date),
        }
    }

    /// Returns the years whose holidays are known, `None` for an exchange whose holidays are not.
    ///
    /// Closures that nobody foresaw can still be missing from years that have not passed when this was written.
    #[must_use]
    pub fn known_years(&self) -> Option<RangeInclusive<i32>> {
        match self.exchange {
            Exchange::EveryDay => Some(i32::MIN..=i32::MAX),
            Exchange::Weekdays => None,
            Exchange::UnitedStates => Some(united_states::FIRST_YEAR..=LAST_CHECKED_YEAR),
            Exchange::B3 => Some(b3::FIRST_YEAR..=LAST_CHECKED_YEAR),
        }
    }

    /// Returns whether the sessions from `start` to `end`, both included, are known day by day: whether the holidays
    /// of the exchange are known in those years.
    #[must_use]
    pub fn is_exact(&self, start: NaiveDate, end: NaiveDate) -> bool {
        self.known_years().is_some_and(|years| years.contains(&start.year()) && years.contains(&end.year()))
    }

    /// Returns the first session after `date`; `date` itself where the calendar of chrono ends, in the year 262142.
    #[must_use]
    pub fn next_session(&self, date: NaiveDate) -> NaiveDate {
        date.iter_days().skip(1).find(|&day| self.is_session(day)).unwrap_or(date)
    }

    /// Returns the first session after `date` as everybody expected it on the evening of `date`: the exchange's rules, without
    /// the closures that nobody foresaw, such as that of 2001-09-11. What a model sees must not know them.
    #[must_use]
    pub fn foreseen_next_session(&self, date: NaiveDate) -> NaiveDate {
        let foreseen = |day: &NaiveDate| {
            let surprise = self.exchange == Exchange::UnitedStates && united_states::is_unforeseen(*day);
            self.is_session(*day) || (surprise && is_weekday(*day))
        };
        date.iter_days().skip(1).find(foreseen).unwrap_or(date)
    }

    /// Returns the `count` sessions after `date`, the next one first.
    #[must_use]
    pub fn sessions_after(&self, date: NaiveDate, count: usize) -> Vec<NaiveDate> {
        date.iter_days().skip(1).filter(|&day| self.is_session(day)).take(count).collect()
    }

    /// Returns the newest `count` sessions up to `date`, which is the last of them if it is a session, oldest first.
    #[must_use]
    pub fn sessions_until(&self, date: NaiveDate, count: usize) -> Vec<NaiveDate> {
        let back = std::iter::successors(Some(date), NaiveDate::pred_opt);
        let mut sessions: Vec<NaiveDate> = back.filter(|&day| self.is_session(day)).take(count).collect();
        sessions.reverse();
        sessions
    }

    /// Returns the sessions from `start` to `end`, both included.
    pub fn sessions_between(&self, start: NaiveDate, end: NaiveDate) -> impl Iterator<Item = NaiveDate> + use<> {
        let calendar = *self;
        start.iter_days().take_while(move |&day| day <= end).filter(move |&day| calendar.is_session(day))
    }

    /// Returns the time, in the exchange's own time zone, from which on the bar of `date` can be taken as settled.
    ///
    /// NYSE and Nasdaq: 16:00, and 13:00 on their short days. B3: 18:00, the latest of its seasonal closes. Crypto and
    /// exchanges whose hours are unknown: the last second of the day, which for the latter is told in UTC.
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
    fn the_ends_of_time_do_no_harm() {
        for calendar in ALL.map(TradingCalendar::new) {
            assert_eq!(calendar.next_session(NaiveDate::MAX), NaiveDate::MAX);
            assert_eq!(calendar.sessions_after(NaiveDate::MAX, 3), []);
            assert_eq!(calendar.sessions_between(NaiveDate::MAX, NaiveDate::MIN).count(), 0);
            assert!(calendar.next_session(NaiveDate::MIN) > NaiveDate::MIN);
        }
    }

    #[test]
    fn sessions_are_counted_from_the_day_after() {
        let calendar = TradingCalendar::new(Exchange::B3);
        let friday = NaiveDate::from_ymd_opt(2024, 2, 9).unwrap();
        let next = calendar.sessions_after(friday, 2);
        assert_eq!(next[0].to_string(), "2024-02-14", "carnival Monday and Tuesday are holidays, Ash Wednesday is not");
        assert_eq!(calendar.sessions_between(friday, next[1]).collect::<Vec<_>>(), [friday, next[0], next[1]]);
    }

    #[test]
    fn sessions_are_counted_back_to_a_day() {
        let calendar = TradingCalendar::new(Exchange::UnitedStates);
        let sunday = NaiveDate::from_ymd_opt(2024, 7, 7).unwrap();
        let sessions: Vec<String> = calendar.sessions_until(sunday, 3).iter().map(ToString::to_string).collect();
        assert_eq!(sessions, ["2024-07-02", "2024-07-03", "2024-07-05"]);
        assert_eq!(calendar.sessions_until(sunday, 0), []);
        assert!(calendar.sessions_until(NaiveDate::MIN, 3).len() <= 1);
    }

    #[test]
    fn nobody_foresaw_the_closures_that_were_not_announced() {
        let calendar = TradingCalendar::new(Exchange::UnitedStates);
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        for (evening, expected, happened) in [
            (day(2001, 9, 10), day(2001, 9, 11), day(2001, 9, 17)),
            (day(2012, 10, 26), day(2012, 10, 29), day(2012, 10, 31)),
            (day(1985, 9, 26), day(1985, 9, 27), day(1985, 9, 30)),
            (day(2024, 7, 3), day(2024, 7, 5), day(2024, 7, 5)),
            (day(2018, 12, 4), day(2018, 12, 6), day(2018, 12, 6)),
        ] {
            assert_eq!(calendar.foreseen_next_session(evening), expected);
            assert_eq!(calendar.next_session(evening), happened);
        }
    }

    #[test]
    fn only_checked_years_of_known_exchanges_are_exact() {
        let day = |year| NaiveDate::from_ymd_opt(year, 6, 1).unwrap();
        let exact = |exchange, from, to| TradingCalendar::new(exchange).is_exact(day(from), day(to));
        assert!(exact(Exchange::UnitedStates, 1971, 2027) && exact(Exchange::B3, 2000, 2027));
        assert!(!exact(Exchange::UnitedStates, 1970, 1971) && !exact(Exchange::B3, 2027, 2028));
        assert!(exact(Exchange::EveryDay, 1, 9999) && !exact(Exchange::Weekdays, 2024, 2024));
    }
}
