//! Times written as cron does: minute, hour, day of month, month, day of week, in a time zone.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, Utc};
use chrono_tz::Tz;
use croner::{
    Cron,
    errors::CronError,
    parser::{CronParser, Seconds, Year},
};

/// Why a text gives no times.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Another number of fields.
    #[error(
        "{text:?} has {found} fields, but must have five: minute, hour, day of month, month, day of week, such as \"30 17 * * MON-FRI\""
    )]
    Fields {
        /// What was given.
        text: String,
        /// Number of fields.
        found: usize,
    },
    /// A field that is none.
    #[error(
        "{text:?} is not understood ({reason}); give minute, hour, day of month, month, day of week, such as \"30 17 * * MON-FRI\""
    )]
    Field {
        /// What was given.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// A time that never comes.
    #[error("{text:?} names a time that never comes, such as February 30: it would never fire")]
    Never {
        /// What was given.
        text: String,
    },
}

/// Five fields that have been understood and that some day fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Cron);

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let found = text.split_whitespace().count();
        if found != 5 {
            return Err(PatternError::Fields { text: text.to_owned(), found });
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron =
            parser.parse(text).map_err(|error| PatternError::Field { text: text.to_owned(), reason: reason(error) })?;
        // Whether a day fits does not depend on where the search begins: the calendar repeats.
        match cron.find_next_occurrence(&NaiveDate::default().and_time(NaiveTime::MIN), true) {
            Ok(_) => Ok(Self(cron)),
            Err(_) => Err(PatternError::Never { text: text.to_owned() }),
        }
    }
}

fn reason(error: CronError) -> String {
    match error {
        CronError::InvalidPattern(text) | CronError::IllegalCharacters(text) | CronError::ComponentError(text) => {
            text.trim_end_matches('.').to_owned()
        }
        other => other.to_string(),
    }
}

/// The times of a pattern in a time zone.
///
/// When clocks are put forward, a pattern with one minute and one hour fires at the first moment after the gap that it
/// falls into; when they are put back, it fires once, the first time. Patterns with several minutes or hours, such as
/// `*/15 * * * *`, fire whenever the clock on the wall shows one of their times: not in the gap, and twice in the hour that
/// comes twice.
#[derive(Clone, Debug, PartialEq)]
pub struct CronTimes {
    pattern: Pattern,
    zone: Tz,
}

impl CronTimes {
    /// Returns the times of `pattern` on clocks of `zone`.
    pub fn new(pattern: Pattern, zone: Tz) -> Self {
        Self { pattern, zone }
    }

    /// Returns the newest moment at or before `now`; `None` when the calendar begins after it.
    pub fn newest(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let now = now.trunc_subsecs(0).with_timezone(&self.zone);
        self.pattern.0.find_previous_occurrence(&now, true).ok().map(|moment| moment.to_utc())
    }

    /// Returns the first moment after `now`; `None` when the calendar ends before it.
    pub fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let now = now.trunc_subsecs(0).with_timezone(&self.zone);
        self.pattern.0.find_next_occurrence(&now, false).ok().map(|moment| moment.to_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(pattern: &str, zone: Tz) -> CronTimes {
        CronTimes::new(pattern.parse().unwrap(), zone)
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_that_cannot_be_is_told_with_an_example() {
        for (text, told) in [
            ("30 17 * *", "has 4 fields, but must have five: minute, hour"),
            ("0 30 17 * * MON-FRI", "has 6 fields"),
            ("@daily", "has 1 fields"),
            ("", "has 0 fields"),
            ("61 * * * *", "61"),
            ("0 25 * * *", "25"),
            ("0 0 * * FOO", "such as \"30 17 * * MON-FRI\""),
            ("0 0 30 2 *", "never comes"),
        ] {
            let message = text.parse::<Pattern>().unwrap_err().to_string();
            assert!(message.contains(told) && message.lines().count() == 1, "{message}");
        }
        for text in ["0 0 29 2 *", "*/5 9-17 * * mon-fri", "0 6 * * SAT", "0 0 L * *", "15,45 0 1 jan *"] {
            assert!(text.parse::<Pattern>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_daily_time_in_the_gap_of_spring_fires_after_it() {
        let daily = times("30 2 * * *", Tz::America__New_York);
        // Clocks went from 02:00 EST to 03:00 EDT on 2024-03-10, at 07:00 UTC.
        let moments = [utc("2024-03-09T07:30:00Z"), utc("2024-03-10T07:00:00Z"), utc("2024-03-11T06:30:00Z")];
        assert_eq!([daily.next(moments[0]).unwrap(), daily.next(moments[1]).unwrap()], moments[1..]);
        assert_eq!(daily.newest(utc("2024-03-10T06:59:59Z")), Some(moments[0]));
        assert_eq!(daily.newest(utc("2024-03-10T20:00:00Z")), Some(moments[1]));
    }

    #[test]
    fn a_daily_time_in_the_hour_that_comes_twice_fires_once() {
        let daily = times("30 1 * * *", Tz::America__New_York);
        // 01:00 to 02:00 came twice on 2024-11-03, from 05:00 and from 06:00 UTC.
        let moments = [utc("2024-11-02T05:30:00Z"), utc("2024-11-03T05:30:00Z"), utc("2024-11-04T06:30:00Z")];
        assert_eq!([daily.next(moments[0]).unwrap(), daily.next(moments[1]).unwrap()], moments[1..]);
        for later in ["2024-11-03T05:30:00Z", "2024-11-03T06:30:00Z", "2024-11-03T06:45:00Z", "2024-11-04T06:29:59Z"] {
            assert_eq!(daily.newest(utc(later)), Some(moments[1]), "{later}");
        }
        let after = times("30 2 * * *", Tz::America__New_York);
        assert_eq!(after.next(utc("2024-11-03T05:00:00Z")), Some(utc("2024-11-03T07:30:00Z")));
    }

    #[test]
    fn every_quarter_of_an_hour_follows_the_clock_on_the_wall() {
        let quarters = times("*/15 * * * *", Tz::America__New_York);
        let count = |from: &str, to: &str| {
            let (mut at, to, mut count) = (utc(from), utc(to), 0);
            while let Some(next) = quarters.next(at).filter(|&next| next <= to) {
                (at, count) = (next, count + 1);
            }
            count
        };
        assert_eq!(count("2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"), 23 * 4);
        assert_eq!(count("2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"), 25 * 4);
    }

    /// What lies behind must be what was announced, or a moment would be lost or fired twice.
    #[test]
    fn looking_back_finds_what_looking_forward_announced() {
        let zones =
            [Tz::America__New_York, Tz::America__Sao_Paulo, Tz::Australia__Lord_Howe, Tz::UTC, Tz::Europe__Dublin];
        let patterns = ["30 2 * * *", "30 1 * * *", "0 0 * * *", "*/20 1,2 * * *", "15 */3 * * SUN", "45 23 1 * *"];
        for zone in zones {
            for pattern in patterns {
                let times = times(pattern, zone);
                let mut at = utc("2017-09-20T00:00:00Z");
                while at < utc("2018-11-30T00:00:00Z") {
                    let next = times.next(at).unwrap();
                    assert!(next > at, "{pattern} {zone}: {next} after {at}");
                    for probe in [next, next + chrono::TimeDelta::milliseconds(1)] {
                        assert_eq!(times.newest(probe), Some(next), "{pattern} {zone} at {probe}");
                    }
                    let before = next - chrono::TimeDelta::seconds(1);
                    assert!(times.newest(before).unwrap() <= before, "{pattern} {zone} at {before}");
                    assert_eq!(times.next(times.newest(before).unwrap()), Some(next), "{pattern} {zone} at {before}");
                    at = next;
                }
            }
        }
    }
}
