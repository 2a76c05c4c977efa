//! Determines the order of day and month in dates such as `03/04/2020`, once per file from all of its rows.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{
    date::{DateCell, DateOrder},
    row::{Row, Rows},
};
use crate::import::ImportError;

/// Evidence of one symbol's dates on their order.
#[derive(Clone, Debug, Default)]
pub(super) struct DateEvidence {
    /// The first ambiguous date, and its line.
    open: Option<(usize, DateCell)>,
    day_first: Reading,
    month_first: Reading,
}

/// The dates, read in one order.
#[derive(Clone, Debug)]
struct Reading {
    /// Line of the first date that does not exist.
    impossible: Option<usize>,
    last: Option<NaiveDate>,
    rises: bool,
    falls: bool,
    weekdays_only: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { impossible: None, last: None, rises: true, falls: true, weekdays_only: true }
    }
}

impl Reading {
    fn take(&mut self, line: usize, date: Option<NaiveDate>) {
        let Some(date) = date else {
            self.impossible.get_or_insert(line);
            return;
        };
        self.rises &= self.last.is_none_or(|last| last <= date);
        self.falls &= self.last.is_none_or(|last| last >= date);
        self.weekdays_only &= !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        self.last = Some(date);
    }
}

impl DateEvidence {
    /// Adds the date of the next row.
    pub(super) fn take(&mut self, line: usize, date: DateCell) {
        if matches!(date, DateCell::Numeric { .. }) {
            self.open.get_or_insert((line, date));
        }
        self.day_first.take(line, date.resolve(DateOrder::DayFirst));
        self.month_first.take(line, date.resolve(DateOrder::MonthFirst));
    }

    fn read(&self, order: DateOrder) -> &Reading {
        match order {
            DateOrder::DayFirst => &self.day_first,
            DateOrder::MonthFirst => &self.month_first,
        }
    }
}

/// Sets the date of every bar. `evidence` covers all symbols of the file, wanted or not.
///
/// The order is the first of: the requested one; the only one in which every date exists; the one in which the rows are
/// sorted; the one without sessions on a weekend; `usual`.
pub(super) fn set_dates(
    series: &mut [Rows],
    evidence: &[DateEvidence],
    requested: Option<DateOrder>,
    usual: Option<DateOrder>,
) -> Result<(), ImportError> {
    let order = match requested {
        Some(order) => order,
        None => decide(evidence, usual)?,
    };
    for row in series.iter_mut().flat_map(|rows| &mut rows.rows) {
        row.bar.date = row.date.resolve(order).ok_or_else(|| contradiction(order, row))?;
    }
    Ok(())
}

fn decide(evidence: &[DateEvidence], usual: Option<DateOrder>) -> Result<DateOrder, ImportError> {
    use DateOrder::{DayFirst, MonthFirst};
    let open = evidence.iter().filter_map(|dates| dates.open).min_by_key(|(line, _)| *line);
    let Some((line, example)) = open else { return Ok(DayFirst) };
    let only = |order| evidence.iter().filter_map(|dates| dates.read(order).impossible).min();
    match (only(MonthFirst), only(DayFirst)) {
        (Some(day_first), Some(month_first)) => return Err(ImportError::MixedDateOrders { day_first, month_first }),
        (Some(_), None) => return Ok(DayFirst),
        (None, Some(_)) => return Ok(MonthFirst),
        (None, None) => {}
    }
    let better = |holds: fn(&Reading) -> bool| {
        let all = |order| evidence.iter().all(|dates| holds(dates.read(order)));
        match (all(DayFirst), all(MonthFirst)) {
            (true, false) => Some(DayFirst),
            (false, true) => Some(MonthFirst),
            _ => None,
        }
    };
    better(|read| read.rises || read.falls)
        .or_else(|| better(|read| read.weekdays_only))
        .or(usual)
        .ok_or_else(|| ImportError::AmbiguousDates { example: written(example), line })
}

fn contradiction(order: DateOrder, row: &Row) -> ImportError {
    let wrong = match order {
        DateOrder::DayFirst => "month first, but day first was requested",
        DateOrder::MonthFirst => "day first, but month first was requested",
    };
    ImportError::DateOrderContradicted { line: row.line, example: written(row.date), wrong }
}

fn written(date: DateCell) -> String {
    match date {
        DateCell::Date(date) => date.to_string(),
        DateCell::Numeric { first, second, year } => format!("{first:02}/{second:02}/{year}"),
    }
}
