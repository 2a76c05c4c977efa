//! When work that repeats is due: pure functions of a schedule, of its last firing and of the time.

pub mod after_close;
pub mod cron;
pub mod defaults;
pub mod form;

use std::time::Duration;

use chrono::{DateTime, Utc};
use closecast_domain::{Exchange, Symbol};
use serde::Deserialize;

use self::{after_close::AfterClose, cron::CronTimes};

/// Longest pause between two looks at the clock: it may be set, and a machine that slept tells nobody.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Work that repeats.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Unique among all schedules; firings are remembered under it.
    pub name: String,
    /// What is done.
    pub job: ScheduledJob,
    /// When.
    pub timing: Timing,
    /// For these symbols; when absent, for all stored ones, after a close for those of its exchange.
    pub symbols: Option<Vec<Symbol>>,
}

/// What a schedule can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduledJob {
    /// Fetch the sessions since the last fetch.
    RefreshBars,
    /// Set the forecasts whose close is known beside it.
    SettleForecasts,
    /// Train a challenger on the newest bars, and let it serve if it is no worse.
    RetrainModel,
    /// Backtest.
    BacktestModel,
}

/// When a schedule is due.
#[derive(Clone, Debug, PartialEq)]
pub enum Timing {
    /// At the times of a calendar, in a time zone.
    Cron(Box<CronTimes>),
    /// After each session of an exchange.
    AfterClose(AfterClose),
}

impl Timing {
    /// Returns the newest moment at or before `now`.
    fn newest(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(times) => times.newest(now),
            Self::AfterClose(closes) => closes.newest(now),
        }
    }

    /// Returns the first moment after `now`.
    fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(times) => times.next(now),
            Self::AfterClose(closes) => closes.next(now),
        }
    }
}

impl Schedule {
    /// Returns the symbols to work on, out of those stored.
    pub fn symbols(&self, stored: &[Symbol]) -> Vec<Symbol> {
        match (&self.symbols, &self.timing) {
            (Some(symbols), _) => symbols.clone(),
            (None, Timing::Cron(_)) => stored.to_vec(),
            (None, Timing::AfterClose(closes)) => {
                stored.iter().filter(|symbol| Exchange::of(symbol) == closes.exchange()).cloned().collect()
            }
        }
    }
}

/// Returns the moment for which the schedule must fire now, if any: the newest one after its last firing. Moments missed while
/// no program ran are made up for by that one firing, however long ago it was due.
///
/// `last_firing` is the newest moment it fired for, or the time at which it was first seen if it never did; without
/// either nothing is due, since a new schedule owes nothing for the past. A last firing a little ahead of `now` is another machine's:
/// nothing is due until the time has come here too. The store passes over one far ahead, since a clock was wrong then. Two replicas may both be told to fire: the store keeps
/// one row for each name and moment, and only who writes it fires.
pub fn due(schedule: &Schedule, last_firing: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let last = last_firing?;
    // Never after `now`, so a last firing ahead of it holds everything back.
    schedule.timing.newest(now).filter(|&moment| moment > last)
}

/// Returns the first moment after `now` at which the schedule is due; `None` if the calendar ends before.
pub fn next(schedule: &Schedule, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    schedule.timing.next(now)
}

/// Returns how long to wait from `now` until it is worth looking again, for the first of `schedules`; at most 30 s.
pub fn pause(schedules: &[Schedule], now: DateTime<Utc>) -> Duration {
    let first = schedules.iter().filter_map(|schedule| next(schedule, now)).min();
    first.and_then(|moment| (moment - now).to_std().ok()).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn schedule(pattern: &str) -> Schedule {
        let times = CronTimes::new(pattern.parse().unwrap(), chrono_tz::America::New_York);
        Schedule {
            name: "s".to_owned(),
            job: ScheduledJob::RefreshBars,
            timing: Timing::Cron(Box::new(times)),
            symbols: None,
        }
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Looks at the clock at each of `times`, as a program does that fires when told to, and returns what it fired for.
    fn fired(schedule: &Schedule, first_seen: &str, times: &[&str]) -> Vec<DateTime<Utc>> {
        let (mut last, mut fired) = (utc(first_seen), Vec::new());
        for now in times {
            if let Some(moment) = due(schedule, Some(last), utc(now)) {
                last = last.max(moment);
                fired.push(moment);
            }
        }
        fired
    }

    #[test]
    fn each_moment_fires_once_at_the_first_look_after_it() {
        let daily = schedule("0 12 * * *");
        let looks = ["2024-07-01T15:59:59Z", "2024-07-01T16:00:00Z", "2024-07-01T16:00:30Z", "2024-07-02T16:00:01Z"];
        let expected = [utc("2024-07-01T16:00:00Z"), utc("2024-07-02T16:00:00Z")];
        assert_eq!(fired(&daily, "2024-07-01T10:00:00Z", &looks), expected);
    }

    #[test]
    fn a_schedule_seen_for_the_first_time_owes_nothing_for_the_past() {
        let daily = schedule("0 12 * * *");
        assert_eq!(due(&daily, None, utc("2024-07-01T16:00:00Z")), None);
        let looks = ["2024-07-01T16:00:02Z", "2024-07-02T15:59:59Z"];
        assert!(fired(&daily, "2024-07-01T16:00:01Z", &looks).is_empty());
    }

    #[test]
    fn many_missed_moments_are_made_up_for_by_one() {
        let quarters = schedule("*/15 * * * *");
        let looks = ["2024-07-01T10:00:00Z", "2024-07-04T10:07:00Z", "2024-07-04T10:07:30Z", "2024-07-04T10:15:00Z"];
        let expected = [utc("2024-07-01T10:00:00Z"), utc("2024-07-04T10:00:00Z"), utc("2024-07-04T10:15:00Z")];
        assert_eq!(fired(&quarters, "2024-07-01T09:50:00Z", &looks), expected);
        // A laptop that sleeps every Saturday trains on Mondays.
        let weekly = schedule("0 6 * * SAT");
        let monday = fired(&weekly, "2024-07-02T00:00:00Z", &["2024-07-08T12:00:00Z", "2024-07-08T12:01:00Z"]);
        assert_eq!(monday, [utc("2024-07-06T10:00:00Z")]);
    }

    #[test]
    fn a_clock_put_back_fires_nothing_twice() {
        let hourly = schedule("0 * * * *");
        let looks = [
            "2024-07-01T12:00:05Z",
            "2024-07-01T09:30:00Z", // put back
            "2024-07-01T10:00:10Z",
            "2024-07-01T11:59:59Z",
            "2024-07-01T12:00:00Z",
            "2024-07-01T12:30:00Z",
            "2024-07-01T13:00:00Z",
        ];
        let expected = [utc("2024-07-01T12:00:00Z"), utc("2024-07-01T13:00:00Z")];
        assert_eq!(fired(&hourly, "2024-07-01T11:30:00Z", &looks), expected);
    }

    #[test]
    fn a_pause_ends_when_the_first_schedule_is_due_and_is_never_long() {
        let both = [schedule("0 12 * * *"), schedule("30 11 * * *")];
        assert_eq!(pause(&both, utc("2024-07-01T15:29:48.5Z")), Duration::from_millis(11_500));
        assert_eq!(pause(&both, utc("2024-07-01T15:30:00Z")), LONGEST_PAUSE);
        assert_eq!(pause(&[], utc("2024-07-01T15:30:00Z")), LONGEST_PAUSE);
    }

    #[test]
    fn without_a_list_a_close_concerns_the_symbols_of_its_exchange() {
        let symbols = |names: &[&str]| names.iter().map(|name| Symbol::new(name).unwrap()).collect::<Vec<_>>();
        let stored = symbols(&["AAPL", "PETR4.SA", "BTC-USD"]);
        let mut schedule = schedule("0 12 * * *");
        assert_eq!(schedule.symbols(&stored), stored);
        schedule.timing = Timing::AfterClose(AfterClose::new(Exchange::B3, TimeDelta::zero()));
        assert_eq!(schedule.symbols(&stored), symbols(&["PETR4.SA"]));
        schedule.symbols = Some(symbols(&["MSFT"]));
        assert_eq!(schedule.symbols(&stored), symbols(&["MSFT"]));
    }
}
