//! Whether the session of a bar is over.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use closecast_domain::TradingCalendar;

use super::wire::TradingPeriod;
use crate::exchange_time::{date_of, scheduled_close};

/// Trading hours in the response.
#[derive(Clone, Copy, Debug)]
pub(super) struct TradingHours {
    /// Time zone of the exchange.
    pub(super) zone: Tz,
    /// Regular hours of today's session, or of the next one.
    pub(super) regular: Option<TradingPeriod>,
}

/// Determines whether a bar may still change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settlement {
    /// Trading hours of days for which the response has none.
    pub(super) calendar: TradingCalendar,
    /// How long after the close a bar may still change.
    pub(super) settles_after: Duration,
    /// Current time.
    pub(super) now: DateTime<Utc>,
}

impl Settlement {
    /// Returns whether the session of `date` has not settled yet. Only the clock decides, not the form of the
    /// timestamp: the current session has the time of its open, of its last trade, or both.
    pub(super) fn is_live(&self, date: NaiveDate, hours: TradingHours) -> bool {
        let close = announced_close(date, hours).unwrap_or_else(|| scheduled_close(date, hours.zone, self.calendar));
        let settles_after = TimeDelta::from_std(self.settles_after).unwrap_or(TimeDelta::MAX);
        close.checked_add_signed(settles_after).is_none_or(|settled| self.now < settled)
    }
}

/// Returns the close in the response's trading hours, which reflect shortened days, if they are those of `date`.
fn announced_close(date: NaiveDate, hours: TradingHours) -> Option<DateTime<Utc>> {
    let regular = hours.regular.filter(|period| date_of(period.start, hours.zone) == Some(date))?;
    DateTime::from_timestamp(regular.end, 0)
}
