//! What came of a forecast, in the units it was made in.

use chrono::NaiveDate;
use closecast_domain::History;
use serde::{Deserialize, Serialize};

/// A forecast of one session whose close is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PendingForecast {
    /// Last session that was known when it was made.
    pub as_of: NaiveDate,
    /// Close of that session as quoted then: the unit of all its prices.
    pub last_close: f64,
    /// Session forecast.
    pub target: NaiveDate,
}

/// The close that came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Realised {
    /// The close that the forecast is held against, in the units of its prices: `last_close` grown by the adjusted return from
    /// `as_of` to the target, as in a backtest. Splits on the way or since are undone, and a dividend on the way counts as
    /// reinvested, so that neither counts for or against the forecast.
    pub close: f64,
    /// The close as the source quotes it today, for people to read.
    pub quoted: f64,
}

/// How things stand with a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Settlement {
    /// The close is known.
    Closed(Realised),
    /// The target session is not in the history yet.
    Waiting,
    /// The history has gone past the target and has no session there: the exchange was closed on a day that nobody foresaw, or
    /// the source lacks it. Should the session be added one day, it can be settled then.
    NoSession,
    /// The history no longer has the session that the forecast was made on, so that its units are unknown.
    NoOrigin,
}

impl PendingForecast {
    /// Looks for the close in `later`, a history of the same symbol taken since.
    ///
    /// It does not matter whether the source quotes old prices as they were or adjusted for splits since then, nor how many
    /// there were: only returns are read from it. A close of `as_of` that was corrected since leaves the forecast with the
    /// close it was given, and the return that really came.
    #[must_use]
    pub fn settle(&self, later: &History) -> Settlement {
        let bars = later.bars();
        match (later.position(self.as_of), later.position(self.target)) {
            (_, None) if later.last().date < self.target => Settlement::Waiting,
            (_, None) => Settlement::NoSession,
            (None, Some(_)) => Settlement::NoOrigin,
            (Some(origin), Some(target)) => Settlement::Closed(Realised {
                close: self.last_close * (bars[target].close / bars[origin].close),
                quoted: bars[target].raw_close,
            }),
        }
    }
}

/// How far a forecast was off, beside naive, on the same session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SettledError {
    /// `point − close`: positive when the forecast was too high.
    pub error: f64,
    /// `|point − close|`.
    pub absolute: f64,
    /// `|last_close − close|`: the same of the forecast that nothing changes.
    pub naive_absolute: f64,
}

impl SettledError {
    /// Returns the errors of a forecast of `point`, made at `last_close`, against the `close` that came: all in the units of the
    /// forecast, as [`Realised::close`] is.
    #[must_use]
    pub fn of(point: f64, last_close: f64, close: f64) -> Self {
        Self { error: point - close, absolute: (point - close).abs(), naive_absolute: (last_close - close).abs() }
    }
}

#[cfg(test)]
mod tests {
    use closecast_domain::{PriceBasis, RawBar, RawSeries};

    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, day).unwrap()
    }

    fn bar(on: u32, close: f64) -> RawBar {
        let price = Some(close);
        RawBar { open: price, high: price, low: price, close: price, volume: Some(1e6), ..RawBar::empty(day(on)) }
    }

    fn history(basis: PriceBasis, bars: Vec<RawBar>) -> History {
        let symbol = "AAPL".parse().unwrap();
        let series = RawSeries { symbol, basis, currency: None, source: "test".to_owned(), bars };
        History::check(series, None).unwrap().0
    }

    /// A forecast made on 2024-01-03 at a quoted close of 400, of 2024-01-05.
    const fn pending(target: NaiveDate, as_of: NaiveDate) -> PendingForecast {
        PendingForecast { as_of, last_close: 400.0, target }
    }

    fn settled(later: &History) -> Realised {
        match pending(day(5), day(3)).settle(later) {
            Settlement::Closed(realised) => realised,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn an_error_stands_beside_naives() {
        let errors = SettledError::of(103.0, 100.0, 101.5);
        assert_eq!(errors, SettledError { error: 1.5, absolute: 1.5, naive_absolute: 1.5 });
        assert_eq!(SettledError::of(99.0, 100.0, 101.0).error, -2.0);
    }

    #[test]
    fn a_split_on_the_way_is_undone_whichever_way_the_source_quotes() {
        // 4:1 on the 4th: 400 becomes 100, and the close of the 5th is 101 of the new shares, 404 in the units of the forecast.
        let split = |bar: RawBar| RawBar { split: 4.0, ..bar };
        let adjusted = [bar(2, 99.0), bar(3, 100.0), split(bar(4, 102.0)), bar(5, 101.0), bar(8, 103.0)];
        let as_traded = [bar(2, 396.0), bar(3, 400.0), split(bar(4, 102.0)), bar(5, 101.0), bar(8, 103.0)];
        for (basis, bars) in [(PriceBasis::SplitAdjusted, adjusted), (PriceBasis::Unadjusted, as_traded)] {
            let realised = settled(&history(basis, bars.to_vec()));
            assert!((realised.close - 404.0).abs() < 1e-9, "{basis:?}: {realised:?}");
            assert_eq!(realised.quoted, 101.0);
        }
    }

    #[test]
    fn a_split_after_the_target_is_undone_too() {
        let split = |bar: RawBar| RawBar { split: 4.0, ..bar };
        let adjusted = [bar(3, 100.0), bar(4, 102.0), bar(5, 101.0), split(bar(8, 103.0))];
        let as_traded = [bar(3, 400.0), bar(4, 408.0), bar(5, 404.0), split(bar(8, 103.0))];
        let realised = settled(&history(PriceBasis::SplitAdjusted, adjusted.to_vec()));
        assert!((realised.close - 404.0).abs() < 1e-9 && realised.quoted == 101.0);
        let realised = settled(&history(PriceBasis::Unadjusted, as_traded.to_vec()));
        assert!((realised.close - 404.0).abs() < 1e-9 && realised.quoted == 404.0);
    }

    #[test]
    fn a_dividend_on_the_way_counts_neither_for_nor_against() {
        // The price falls by the dividend of 8 and by nothing else.
        let bars = vec![bar(3, 400.0), RawBar { dividend: 8.0, ..bar(4, 392.0) }, bar(5, 392.0)];
        let realised = settled(&history(PriceBasis::SplitAdjusted, bars));
        assert!((realised.close - 400.0).abs() < 1e-9 && realised.quoted == 392.0);
    }

    #[test]
    fn what_has_not_come_is_waited_for_and_what_never_will_is_told() {
        let bars = |days: &[u32]| history(PriceBasis::SplitAdjusted, days.iter().map(|&on| bar(on, 400.0)).collect());
        let stands = |days: &[u32]| pending(day(5), day(3)).settle(&bars(days));
        assert_eq!(stands(&[2, 3, 4]), Settlement::Waiting);
        assert_eq!(stands(&[2]), Settlement::Waiting, "even a history that ends before the forecast was made");
        assert_eq!(stands(&[2, 3, 4, 8]), Settlement::NoSession);
        assert_eq!(stands(&[2, 4, 5]), Settlement::NoOrigin);
        assert!(matches!(stands(&[3, 4, 5]), Settlement::Closed(_)));
    }
}
