//! Assigns dividends and splits to the sessions on which they take effect.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::wire::{Events, Split};
use crate::exchange_time::date_of;

/// Events that take effect at the open of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SessionEvents {
    /// Cash per share; 0 if there is none.
    pub(super) dividend: f64,
    /// New shares per old one; 1 if there is no split.
    pub(super) split: f64,
}

impl SessionEvents {
    /// Returns whether sum and product are valid numbers: they may overflow.
    fn are_usable(&self) -> bool {
        self.dividend.is_finite() && self.split.is_finite() && self.split > 0.0
    }
}

impl Default for SessionEvents {
    fn default() -> Self {
        Self { dividend: 0.0, split: 1.0 }
    }
}

/// Returns the events by session. An event on a day without a bar belongs to the next session that has one: the first
/// at whose prices the shares trade without it. Events before the first or after the last bar are dropped. Payments of
/// the same session add up, splits multiply.
///
/// # Errors
/// Describes an event with an impossible time or split ratio, or a session whose sum or product overflows.
pub(super) fn events_by_session(
    events: &Events,
    sessions: &[NaiveDate],
    zone: Tz,
) -> Result<BTreeMap<NaiveDate, SessionEvents>, String> {
    let mut ordered = sessions.to_vec();
    ordered.sort_unstable();
    let session = |timestamp: i64| {
        let date = date_of(timestamp, zone).ok_or_else(|| format!("an event at the impossible time {timestamp}"))?;
        let first = ordered.first().is_some_and(|&first| first <= date);
        Ok::<_, String>(ordered.get(ordered.partition_point(|&session| session < date)).filter(|_| first).copied())
    };
    let mut found = BTreeMap::<NaiveDate, SessionEvents>::new();
    for payment in events.dividends.values().chain(events.capital_gains.values()) {
        if let Some(date) = session(payment.date)? {
            found.entry(date).or_default().dividend += payment.amount;
        }
    }
    for split in events.splits.values() {
        let ratio = ratio(split)?;
        if let Some(date) = session(split.date)? {
            found.entry(date).or_default().split *= ratio;
        }
    }
    match found.iter().find(|(_, events)| !events.are_usable()) {
        Some((date, events)) => {
            Err(format!("dividends of {} and splits of {} on {date}", events.dividend, events.split))
        }
        None => Ok(found),
    }
}

fn ratio(split: &Split) -> Result<f64, String> {
    let Split { numerator, denominator, .. } = *split;
    let ratio = numerator / denominator;
    if numerator > 0.0 && denominator > 0.0 && ratio.is_finite() && ratio > 0.0 {
        Ok(ratio)
    } else {
        Err(format!("a split of {numerator}:{denominator}"))
    }
}
