//! The last close and its change.

use chrono::NaiveDate;

use crate::{Bar, History};

/// Tolerance between adjustment factors of the same basis: sources round prices to six digits.
const ROUNDING: f64 = 1e-6;

/// The last close of a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    /// Session of the close.
    pub date: NaiveDate,
    /// The close as quoted.
    pub close: f64,
    /// Change since the previous close; `None` for a history of one session.
    pub change: Option<Change>,
}

/// Change between two closes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Previous session.
    pub since: NaiveDate,
    /// Previous close, adjusted for a split or dividend since, so that it is comparable with the later one.
    pub previous_close: f64,
    /// Later close less the previous one.
    pub absolute: f64,
    /// The same in percent of the previous one.
    pub percent: f64,
}

impl History {
    /// Returns the last close and its change. A split or dividend of the last session is not a change.
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
    fn change_is_that_of_quoted_closes_without_events() {
        // Both are adjusted for the same later dividend.
        let quote = quote(vec![bar(2, 98.0, 100.0), bar(3, 102.9, 105.0)]);
        let change = quote.change.unwrap();
        assert_eq!((quote.close, change.previous_close, change.absolute, change.percent), (105.0, 100.0, 5.0, 5.0));
        assert_eq!((quote.date.to_string(), change.since.to_string()), ("2024-05-03".into(), "2024-05-02".into()));
    }

    #[test]
    fn change_ignores_splits() {
        // Unadjusted quotes with a 4:1 split in between: 400 before is 100 after.
        let change = quote(vec![bar(2, 100.0, 400.0), bar(3, 101.0, 101.0)]).change.unwrap();
        assert_eq!((change.previous_close, change.absolute, change.percent), (100.0, 1.0, 1.0));
    }

    #[test]
    fn quote_of_one_session_has_no_change() {
        assert_eq!(quote(vec![bar(2, 50.0, 50.0)]).change, None);
    }
}
