//! Keeps a stored series up to date with few requests, and detects that its past was rewritten.
//!
//! A source that adjusts its prices rewrites the whole past at every dividend and split. Each refresh therefore fetches
//! some stored sessions again: if they agree, new ones are appended; if the adjustment differs, everything is fetched
//! again.
//!
//! This module only computes. The caller, in this order, uses [`MarketDay::at`], [`plan`],
//! [`Provider::fetch`](crate::provider::Provider::fetch), [`merge()`]; after [`Merge::Rewritten`] it fetches
//! [`RefreshPlan::after_rewrite`] and replaces what is stored.

mod merge;
mod rewrite;

use std::{fmt, iter, time::Duration};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use closecast_domain::{Exchange, TradingCalendar};

pub use self::{
    merge::{Merge, Merged, merge},
    rewrite::Rewrite,
};
use crate::{
    exchange_time::{clamp_to_valid_years, date_of, scheduled_close},
    provider::FetchRange,
};

/// Stored sessions that each refresh fetches again: a trading week.
pub const OVERLAP_SESSIONS: usize = 5;
/// Maximum number of days searched backwards for sessions. No calendar here skips more than a few days in a row.
const DAYS_SEARCHED: usize = 30;

/// State of an exchange at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketDay {
    /// Current date in the time zone of the exchange.
    pub today: NaiveDate,
    /// The last session whose bar is not subject to change any more.
    pub last_settled: NaiveDate,
}

impl MarketDay {
    /// Returns the state of `exchange` at `now`; bars settle `settles_after` the close. Exchanges with an unknown time
    /// zone use UTC: their newest bar may be requested some hours late, never too early.
    #[must_use]
    pub fn at(exchange: Exchange, now: DateTime<Utc>, settles_after: Duration) -> Self {
        let zone = exchange.time_zone().parse().unwrap_or(Tz::UTC);
        let calendar = TradingCalendar::new(exchange);
        let settles_after = TimeDelta::from_std(settles_after).unwrap_or(TimeDelta::MAX);
        let today = date_of(now.timestamp(), zone).unwrap_or_else(|| clamp_to_valid_years(now.date_naive()));
        let settled = |date: &NaiveDate| {
            let close = scheduled_close(*date, zone, calendar).checked_add_signed(settles_after);
            calendar.is_session(*date) && close.is_some_and(|settled| settled <= now)
        };
        let long_ago = today - Days::new(DAYS_SEARCHED as u64);
        Self { today, last_settled: backwards(today).find(settled).unwrap_or(long_ago) }
    }
}

/// Stored dates of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredSpan {
    /// Earliest start that was ever fetched. Not the date of the first bar: a share listed after the start would be
    /// fetched completely at every refresh.
    pub covers_from: NaiveDate,
    /// The newest stored session that is not live.
    pub last_settled: NaiveDate,
}

/// What to fetch.
#[derive(Clone, Debug, PartialEq)]
pub enum RefreshPlan {
    /// Nothing: every settled session is stored.
    UpToDate,
    /// The last stored sessions again, and all since.
    Append {
        /// Dates to fetch, today's live bar included.
        range: FetchRange,
    },
    /// Everything.
    Full {
        /// Dates to fetch, today's live bar included.
        range: FetchRange,
        /// Why a complete fetch is necessary.
        reason: FullReason,
    },
}

impl RefreshPlan {
    /// Returns the plan after [`merge()`] found a rewritten past: everything from the earliest stored or wanted start
    /// on.
    #[must_use]
    pub fn after_rewrite(stored: StoredSpan, wanted_start: NaiveDate, market: MarketDay, rewrite: Rewrite) -> Self {
        let range = until_today(stored.covers_from.min(wanted_start), market);
        Self::Full { range, reason: FullReason::Rewritten(rewrite) }
    }

    /// Returns the dates to fetch, if any.
    #[must_use]
    pub fn range(&self) -> Option<FetchRange> {
        match self {
            Self::UpToDate => None,
            Self::Append { range } | Self::Full { range, .. } => Some(*range),
        }
    }
}

/// Why a complete fetch is necessary.
#[derive(Clone, Debug, PartialEq)]
pub enum FullReason {
    /// Nothing is stored.
    NothingStored,
    /// The wanted start is earlier than any that was fetched.
    EarlierStart {
        /// Earliest start fetched so far.
        covers_from: NaiveDate,
    },
    /// The stored past is no longer valid.
    Rewritten(Rewrite),
}

impl fmt::Display for FullReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingStored => write!(f, "nothing is stored yet"),
            Self::EarlierStart { covers_from } => write!(f, "only the period from {covers_from} on is stored"),
            Self::Rewritten(rewrite) => write!(f, "{rewrite}"),
        }
    }
}

/// Returns what to fetch so that all settled sessions from `wanted_start` on are stored. On a holiday that the calendar
/// does not know, every plan fetches the missing session: callers should not repeat it within minutes.
#[must_use]
pub fn plan(
    stored: Option<StoredSpan>,
    wanted_start: NaiveDate,
    market: MarketDay,
    calendar: TradingCalendar,
) -> RefreshPlan {
    let Some(stored) = stored else {
        return RefreshPlan::Full { range: until_today(wanted_start, market), reason: FullReason::NothingStored };
    };
    if wanted_start < stored.covers_from {
        let reason = FullReason::EarlierStart { covers_from: stored.covers_from };
        return RefreshPlan::Full { range: until_today(wanted_start, market), reason };
    }
    if market.last_settled <= stored.last_settled {
        return RefreshPlan::UpToDate;
    }
    let sessions = backwards(stored.last_settled).filter(|&date| calendar.is_session(date));
    let overlap = sessions.take(OVERLAP_SESSIONS).last().unwrap_or(stored.last_settled);
    RefreshPlan::Append { range: until_today(overlap.max(stored.covers_from), market) }
}

fn until_today(start: NaiveDate, market: MarketDay) -> FetchRange {
    FetchRange::new(start, market.today.succ_opt().unwrap_or(market.today))
}

/// Returns `date` and the days before it.
fn backwards(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    iter::successors(Some(date), NaiveDate::pred_opt).take(DAYS_SEARCHED)
}
