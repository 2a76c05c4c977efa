//! Whether the session of a bar is over.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use closecast_domain::TradingCalendar;

use super::wire::TradingPeriod;
use crate::exchange_time::{date_of, scheduled_close};

/// The trading hours that an answer gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct TradingHours {
    /// Time zone of the exchange.
    pub(super) zone: Tz,
    /// Regular hours of today's session, or of the next one.
    pub(super) regular: Option<TradingPeriod>,
}

/// Tells whether a bar is still subject to change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settlement {
    /// Hours of trading for the days of which the answer does not tell them.
    pub(super) calendar: TradingCalendar,
    /// How long after the end of trading a bar may still change.
    pub(super) settles_after: Duration,
    /// The present.
    pub(super) now: DateTime<Utc>,
}

impl Settlement {
    /// Returns whether the session of `date` has not settled yet. Only the clock decides, not the form of the
    /// timestamp: the day under way comes with the time of its opening, with that of the last trade, or with both.
    pub(super) fn is_live(&self, date: NaiveDate, hours: TradingHours) -> bool {
        let close = announced_close(date, hours).unwrap_or_else(|| scheduled_close(date, hours.zone, self.calendar));
        let settles_after = TimeDelta::from_std(self.settles_after).unwrap_or(TimeDelta::MAX);
        close.checked_add_signed(settles_after).is_none_or(|settled| self.now < settled)
    }
}

/// Returns the close in the answer's own trading hours, which know of shortened days, when they are those of `date`.
fn announced_close(date: NaiveDate, hours: TradingHours) -> Option<DateTime<Utc>> {
    let regular = hours.regular.filter(|period| date_of(period.start, hours.zone) == Some(date))?;
    DateTime::from_timestamp(regular.end, 0)
}
