//! Sessions without a row.

use chrono::{Datelike, NaiveDate};

use super::delivered::LONG_HOLE;
use super::findings::{Finding, Findings};
use super::{DefectKind, Severity};
use crate::{Exchange, TradingCalendar};

/// Reports each hole between two neighbours in `dates`, which rise. Dates whose row was dropped count as present: their
/// defect has been reported.
///
/// Where the holidays are not known, holes up to [`LONG_HOLE`] weekdays are taken for holidays.
pub(crate) fn report(calendar: TradingCalendar, dates: &[NaiveDate], findings: &mut Findings) {
    for pair in dates.windows(2) {
        let Some((hole, known)) = hole(calendar, pair[0], pair[1]) else { continue };
        let long = hole.sessions > LONG_HOLE;
        if !known && !long {
            continue;
        }
        let what = if known { "sessions" } else { "weekdays" };
        let detail = match hole.sessions {
            1 => "the exchange traded, no row was delivered".to_owned(),
            sessions => format!("{sessions} {what} without a row, between {} and {}", pair[0], pair[1]),
        };
        findings.push(Finding {
            kind: DefectKind::MissingSession,
            severity: if long { Severity::Error } else { Severity::Warning },
            dates: (hole.first, hole.last),
            sessions: hole.sessions,
            detail,
            action: "left out".to_owned(),
        });
    }
}

struct Hole {
    first: NaiveDate,
    last: NaiveDate,
    sessions: usize,
}

/// Returns the hole between two dates with a row and whether its sessions are known; `None` when there is none.
fn hole(calendar: TradingCalendar, before: NaiveDate, after: NaiveDate) -> Option<(Hole, bool)> {
    let (start, end) = (before.succ_opt()?, after.pred_opt()?);
    if end < start {
        return None;
    }
    if calendar.exchange() == Exchange::EveryDay {
        let sessions = usize::try_from((end - start).num_days() + 1).unwrap_or(0);
        return Some((Hole { first: start, last: end, sessions }, true));
    }
    if !calendar.is_exact(start, end) {
        let sessions = weekdays(start, end);
        return (sessions > 0).then_some((Hole { first: start, last: end, sessions }, false));
    }
    let mut sessions = calendar.sessions_between(start, end);
    let first = sessions.next()?;
    let (last, more) = sessions.fold((first, 0), |(_, count), session| (session, count + 1));
    Some((Hole { first, last, sessions: more + 1 }, true))
}

/// Returns the number of weekdays from `start` to `end`, both included, without walking through them: a date from
/// another millennium must not cost a walk of centuries.
fn weekdays(start: NaiveDate, end: NaiveDate) -> usize {
    let days = (end - start).num_days() + 1;
    let first = i64::from(start.weekday().num_days_from_monday());
    let rest = (first..first + days % 7).filter(|day| day % 7 < 5).count();
    usize::try_from(days / 7 * 5).unwrap_or(0) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_counted_as_if_walked_through() {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        for first in start.iter_days().take(8) {
            for last in first.iter_days().take(30) {
                let walked = TradingCalendar::new(Exchange::Weekdays).sessions_between(first, last).count();
                assert_eq!(weekdays(first, last), walked, "{first} to {last}");
            }
        }
    }
}
