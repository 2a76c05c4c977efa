//! Missing sessions.

use chrono::{Datelike, NaiveDate};

use super::findings::{Finding, Findings};
use super::raw_rows::LONG_GAP;
use super::{DefectKind, Severity};
use crate::{Exchange, TradingCalendar};

/// Reports each gap between neighbours in `dates`, which increase. Dates of dropped rows count as present, since their
/// defect is reported.
///
/// For unknown holidays, gaps up to [`LONG_GAP`] weekdays count as holidays.
pub(crate) fn report(calendar: TradingCalendar, dates: &[NaiveDate], findings: &mut Findings) {
    for pair in dates.windows(2) {
        let Some((gap, known)) = gap(calendar, pair[0], pair[1]) else { continue };
        let long = gap.sessions > LONG_GAP;
        if !known && !long {
            continue;
        }
        let what = if known { "sessions" } else { "weekdays" };
        let detail = match gap.sessions {
            1 => "the exchange traded, no row was delivered".to_owned(),
            sessions => format!("{sessions} {what} without a row, between {} and {}", pair[0], pair[1]),
        };
        findings.push(Finding {
            kind: DefectKind::MissingSession,
            severity: if long { Severity::Error } else { Severity::Warning },
            dates: (gap.first, gap.last),
            sessions: gap.sessions,
            detail,
            action: "left out".to_owned(),
        });
    }
}

struct Gap {
    first: NaiveDate,
    last: NaiveDate,
    sessions: usize,
}

/// Returns the gap between two dates with a row, and whether its sessions are known; `None` if there is none.
fn gap(calendar: TradingCalendar, before: NaiveDate, after: NaiveDate) -> Option<(Gap, bool)> {
    let (start, end) = (before.succ_opt()?, after.pred_opt()?);
    if end < start {
        return None;
    }
    if calendar.exchange() == Exchange::EveryDay {
        let sessions = usize::try_from((end - start).num_days() + 1).unwrap_or(0);
        return Some((Gap { first: start, last: end, sessions }, true));
    }
    if !calendar.is_exact(start, end) {
        let sessions = weekdays(start, end);
        return (sessions > 0).then_some((Gap { first: start, last: end, sessions }, false));
    }
    let mut sessions = calendar.sessions_between(start, end);
    let first = sessions.next()?;
    let (last, more) = sessions.fold((first, 0), |(_, count), session| (session, count + 1));
    Some((Gap { first, last, sessions: more + 1 }, true))
}

/// Returns the number of weekdays from `start` to `end`, inclusive, in constant time: a gap may span centuries.
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
    fn weekdays_agrees_with_the_calendar() {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        for first in start.iter_days().take(8) {
            for last in first.iter_days().take(30) {
                let walked = TradingCalendar::new(Exchange::Weekdays).sessions_between(first, last).count();
                assert_eq!(weekdays(first, last), walked, "{first} to {last}");
            }
        }
    }
}
