//! Dates such as `03/04/2020`: which of the two numbers is the day, decided once a file from all of its rows.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{
    date::{DateCell, DateOrder},
    rows::{Row, Rows},
};
use crate::import::ImportError;

/// Sets the date of every bar.
///
/// The order is, in this sequence: the one asked for; the one in which every date exists; the one in which the rows are
/// sorted; the one in which no session falls on a weekend; `usual`.
pub(super) fn set_dates(
    series: &mut [Rows],
    asked: Option<DateOrder>,
    usual: Option<DateOrder>,
) -> Result<(), ImportError> {
    let order = match asked {
        Some(order) => order,
        None => decide(series, usual)?,
    };
    for row in series.iter_mut().flat_map(|rows| &mut rows.rows) {
        row.bar.date = row.date.resolve(order).ok_or_else(|| contradiction(order, row))?;
    }
    Ok(())
}

fn decide(series: &[Rows], usual: Option<DateOrder>) -> Result<DateOrder, ImportError> {
    use DateOrder::{DayFirst, MonthFirst};
    let rows = || series.iter().flat_map(|rows| &rows.rows);
    let open = |row: &&Row| matches!(row.date, DateCell::Numeric { .. });
    let Some(example) = rows().find(open) else { return Ok(DayFirst) };
    let only = |order| rows().find(|row| row.date.resolve(order).is_none()).map(|row| row.line);
    match (only(MonthFirst), only(DayFirst)) {
        (Some(day_first), Some(month_first)) => return Err(ImportError::MixedDateOrders { day_first, month_first }),
        (Some(_), None) => return Ok(DayFirst),
        (None, Some(_)) => return Ok(MonthFirst),
        (None, None) => {}
    }
    let better = |holds: &dyn Fn(DateOrder) -> bool| match (holds(DayFirst), holds(MonthFirst)) {
        (true, false) => Some(DayFirst),
        (false, true) => Some(MonthFirst),
        _ => None,
    };
    better(&|order| series.iter().all(|rows| sorted(rows, order)))
        .or_else(|| better(&|order| series.iter().all(|rows| weekdays_only(rows, order))))
        .or(usual)
        .ok_or_else(|| ImportError::AmbiguousDates { example: written(example.date), line: example.line })
}

fn dates(rows: &Rows, order: DateOrder) -> impl Iterator<Item = NaiveDate> {
    rows.rows.iter().filter_map(move |row| row.date.resolve(order))
}

fn sorted(rows: &Rows, order: DateOrder) -> bool {
    let dates: Vec<_> = dates(rows, order).collect();
    dates.is_sorted() || dates.iter().rev().is_sorted()
}

fn weekdays_only(rows: &Rows, order: DateOrder) -> bool {
    dates(rows, order).all(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun))
}

fn contradiction(order: DateOrder, row: &Row) -> ImportError {
    let wrong = match order {
        DateOrder::DayFirst => "month first, though day first was asked for",
        DateOrder::MonthFirst => "day first, though month first was asked for",
    };
    ImportError::DateOrderContradicted { line: row.line, example: written(row.date), wrong }
}

fn written(date: DateCell) -> String {
    match date {
        DateCell::Date(date) => date.to_string(),
        DateCell::Numeric { first, second, year } => format!("{first:02}/{second:02}/{year}"),
    }
}
