//! The last close, and how it compares with the one before.

use chrono::NaiveDate;

use crate::{Bar, History};

/// How far two factors of adjustment of the same basis may be apart: sources round prices to six digits.
const ROUNDING: f64 = 1e-6;

/// The last close of a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    /// Session of the close.
    pub date: NaiveDate,
    /// The close as quoted.
    pub close: f64,
    /// What happened since the close before; `None` for a history of one session.
    pub change: Option<Change>,
}

/// The way from one close to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Session before.
    pub since: NaiveDate,
    /// Its close, less what a split or a dividend took off it since: the close that the later one compares with.
    pub previous_close: f64,
    /// The later close less that one.
    pub absolute: f64,
    /// The same in percent of that one.
    pub percent: f64,
}

impl History {
    /// Returns the last close and what happened since the one before. A split or a dividend of the last session is no change.
    #[must_use]
    pub fn quote(&self) -> Quote {
        let last = self.last();
        let before = self.len().checked_sub(2).map(|at| &self.bars()[at]);
        Quote { date: last.date, close: last.raw_close, change: before.map(|before| change(before, last)) }
    }
}

fn change(before: &Bar, last: &Bar) -> Change {
    let (factor_before, factor) = (before.raw_close / before.close, last.raw_close / last.close);
    let same_basis = (factor_before / factor - 1.0).abs() <= ROUNDING;
    let previous_close = if same_basis { before.raw_close } else { before.close * factor };
    let absolute = last.raw_close - previous_close;
    Change { since: before.date, previous_close, absolute, percent: 100.0 * absolute / previous_close }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Symbol;

    fn bar(day: u32, close: f64, raw_close: f64) -> Bar {
        let date = NaiveDate::from_ymd_opt(2024, 5, day).unwrap();
        Bar { date, open: close, high: close, low: close, close, raw_close, volume: 1.0 }
    }

    fn quote(bars: Vec<Bar>) -> Quote {
        History::from_checked(Symbol::new("AAPL").unwrap(), None, bars).unwrap().quote()
    }

    #[test]
    fn the_change_is_that_of_the_quoted_closes_on_an_ordinary_day() {
        // Both adjusted by the same dividend of a later day.
        let quote = quote(vec![bar(2, 98.0, 100.0), bar(3, 102.9, 105.0)]);
        let change = quote.change.unwrap();
        assert_eq!((quote.close, change.previous_close, change.absolute, change.percent), (105.0, 100.0, 5.0, 5.0));
        assert_eq!((quote.date.to_string(), change.since.to_string()), ("2024-05-03".into(), "2024-05-02".into()));
    }

    #[test]
    fn a_split_is_no_fall() {
        // Quoted as traded, with a split of four for one in between: 400 before is 100 now.
        let change = quote(vec![bar(2, 100.0, 400.0), bar(3, 101.0, 101.0)]).change.unwrap();
        assert_eq!((change.previous_close, change.absolute, change.percent), (100.0, 1.0, 1.0));
    }

    #[test]
    fn one_close_alone_has_not_changed() {
        assert_eq!(quote(vec![bar(2, 50.0, 50.0)]).change, None);
    }
}
