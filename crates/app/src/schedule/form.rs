//! `[[schedule]]` and `[schedules]` of closecast.toml.

use std::{collections::HashSet, str::FromStr};

use chrono::TimeDelta;
use chrono_tz::Tz;
use closecast_domain::{Exchange, Symbol};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::schedule::{
    Schedule, ScheduledJob, Timing,
    after_close::AfterClose,
    cron::{CronTimes, Pattern, PatternError},
    defaults::{REFRESH_DELAY, built_in},
};

/// Longest name of a schedule, in characters.
const MAX_NAME_LENGTH: usize = 64;

/// `[schedules]`: what holds for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleSettings {
    /// Whether the built-in schedules fire. Off unless asked for: a program that somebody tries out should not call a data
    /// provider every evening and train at weekends.
    pub defaults: bool,
}

/// Returns the schedules in force: those of the file, and the built-in ones if they are on. One of the file takes the place of
/// the built-in one of its name.
pub fn in_force(settings: ScheduleSettings, own: &[Schedule]) -> Vec<Schedule> {
    let built_in = if settings.defaults { built_in() } else { Vec::new() };
    let is_replaced = |schedule: &Schedule| own.iter().any(|own| own.name == schedule.name);
    own.iter().cloned().chain(built_in.into_iter().filter(|schedule| !is_replaced(schedule))).collect()
}

/// Returns the place of the first schedule whose name an earlier one has too.
pub fn repeated_name(schedules: &[Schedule]) -> Option<usize> {
    let mut names = HashSet::new();
    schedules.iter().position(|schedule| !names.insert(&schedule.name))
}

/// One `[[schedule]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Name,
    job: ScheduledJob,
    cron: Option<CronText>,
    time_zone: Option<ZoneName>,
    exchange: Option<ExchangeName>,
    after_close: Option<Delay>,
    symbols: Option<Symbols>,
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entry = Entry::deserialize(deserializer)?;
        let timing = entry.timing().map_err(|wrong| de::Error::custom(format!("{:?} {wrong}", entry.name.0)))?;
        let symbols = entry.symbols.map(|symbols| symbols.0);
        Ok(Self { name: entry.name.0, job: entry.job, timing, symbols })
    }
}

impl Entry {
    /// Returns when it is due, or which keys do not go together.
    fn timing(&self) -> Result<Timing, &'static str> {
        match (&self.cron, self.exchange) {
            (Some(_), Some(_)) => Err(
                "has both cron and exchange: keep cron for times of the clock, or exchange for the close of its sessions",
            ),
            (None, None) => Err(
                "has neither cron nor exchange: add cron = \"30 17 * * MON-FRI\" with a time_zone, or exchange = \"us\" with after_close = \"45m\"",
            ),
            (Some(_), None) if self.after_close.is_some() => Err(
                "has after_close without exchange: add exchange = \"us\" in place of cron, or leave after_close out",
            ),
            (None, Some(_)) if self.time_zone.is_some() => {
                Err("has both exchange and time_zone: leave time_zone out, an exchange has its own")
            }
            (Some(cron), None) => Ok(Timing::Cron(Box::new(CronTimes::new(
                cron.0.clone(),
                self.time_zone.map_or(Tz::UTC, |zone| zone.0),
            )))),
            (None, Some(exchange)) => {
                let delay = self.after_close.map_or(REFRESH_DELAY, |delay| delay.0);
                Ok(Timing::AfterClose(AfterClose::new(exchange.into(), delay)))
            }
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ExchangeName {
    Us,
    B3,
}

impl From<ExchangeName> for Exchange {
    fn from(name: ExchangeName) -> Self {
        match name {
            ExchangeName::Us => Self::UnitedStates,
            ExchangeName::B3 => Self::B3,
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if (1..=MAX_NAME_LENGTH).contains(&text.chars().count()) && text.chars().all(allowed) {
            return Ok(Self(text));
        }
        Err(format!(
            "{text:?} is no name: give 1 to {MAX_NAME_LENGTH} letters, digits, - _ or ., such as \"refresh-us\""
        ))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct CronText(Pattern);

impl TryFrom<String> for CronText {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        text.parse().map(Self)
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct ZoneName(Tz);

impl TryFrom<String> for ZoneName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let unknown =
            |_| format!("{text:?} is no time zone: give its IANA name, such as \"America/New_York\" or \"UTC\"");
        text.parse().map(Self).map_err(unknown)
    }
}

/// A while of less than a day: `45m`, `1h`, `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Delay(TimeDelta);

impl FromStr for Delay {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
            true => digits.parse::<u16>().map_err(|_| ()),
            false => Err(()),
        };
        let (hours, rest) = text.split_once('h').map_or((Ok(0), text), |(hours, rest)| (number(hours), rest));
        let minutes = match rest {
            "" if text.ends_with('h') => Ok(0),
            _ => rest.strip_suffix('m').ok_or(()).and_then(number),
        };
        let delay = TimeDelta::hours(hours?.into()) + TimeDelta::minutes(minutes?.into());
        if delay < TimeDelta::days(1) { Ok(Self(delay)) } else { Err(()) }
    }
}

impl TryFrom<String> for Delay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            |()| format!("{text:?} is no while after a close: give less than a day, such as \"45m\" or \"1h30m\"");
        text.parse().map_err(wrong)
    }
}

#[derive(Deserialize)]
#[serde(try_from = "Vec<Symbol>")]
struct Symbols(Vec<Symbol>);

impl TryFrom<Vec<Symbol>> for Symbols {
    type Error = &'static str;

    fn try_from(symbols: Vec<Symbol>) -> Result<Self, &'static str> {
        match symbols.is_empty() {
            true => Err("is empty: name symbols, such as [\"AAPL\"], or leave it out for all that are stored"),
            false => Ok(Self(symbols)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_while_is_read_and_nonsense_refused() {
        for (text, minutes) in [("45m", 45), ("1h", 60), ("1h30m", 90), ("0m", 0), ("23h59m", 1439), ("90m", 90)] {
            assert_eq!(text.parse(), Ok(Delay(TimeDelta::minutes(minutes))), "{text}");
        }
        for text in ["", "h", "m", "45", "45s", "24h", "1440m", "-5m", "+5m", "1h30", "30m1h", "1.5h", "99999999m"] {
            assert_eq!(text.parse::<Delay>(), Err(()), "{text}");
        }
    }

    #[test]
    fn built_in_schedules_are_off_until_asked_for_and_give_way_to_those_of_their_name() {
        let mut own = built_in()[0].clone();
        own.job = ScheduledJob::BacktestModel;
        let own = [own];
        assert_eq!(in_force(ScheduleSettings::default(), &own), own);
        let all = in_force(ScheduleSettings { defaults: true }, &own);
        assert_eq!(all.len(), built_in().len());
        assert_eq!(all[0], own[0]);
        assert!(repeated_name(&all).is_none());
    }
}
