//! Settlement of forecasts with realised closes, in the units of the forecast.

use chrono::NaiveDate;
use closecast_domain::History;
use serde::{Deserialize, Serialize};

/// A forecast of one session whose close is not known yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PendingForecast {
    /// Last session known when it was made.
    pub as_of: NaiveDate,
    /// Close of that session as quoted then; all its prices are in this unit.
    pub last_close: f64,
    /// Session forecast.
    pub target: NaiveDate,
}

/// A realised close.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Realised {
    /// The close that the forecast is compared with, in the units of its prices: `last_close` grown by the adjusted return from
    /// `as_of` to the target, as in a backtest. Splits are undone and dividends reinvested, so that they do not affect the error.
    pub close: f64,
    /// The close as the source quotes it today, for display.
    pub quoted: f64,
}

/// Settlement state of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Settlement {
    /// The close is known.
    Closed(Realised),
    /// The target session is not in the history yet.
    Waiting,
    /// The history extends beyond the target and has no session there: an unscheduled closure, or the source lacks the session.
    /// If the session is added later, the forecast can be settled then.
    NoSession,
    /// The history no longer has the session that the forecast was made on, so its units are unknown.
    NoOrigin,
}

impl PendingForecast {
    /// Looks up the close in `later`, a newer history of the same symbol.
    ///
    /// Only returns are read from it, so it does not matter whether the source adjusts old prices for splits. If the close of
    /// `as_of` was corrected since, the forecast keeps its own close and the realised return.
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

/// Errors of a forecast and of the naive forecast on the same session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SettledError {
    /// `point − close`: positive if the forecast is too high.
    pub error: f64,
    /// `|point − close|`.
    pub absolute: f64,
    /// `|last_close − close|`: the same for the naive forecast.
    pub naive_absolute: f64,
}

impl SettledError {
    /// Returns the errors of a forecast of `point`, made at `last_close`, for the realised `close`: all in the units of the
    /// forecast, as is [`Realised::close`].
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
    fn settled_error_includes_naive() {
        let errors = SettledError::of(103.0, 100.0, 101.5);
        assert_eq!(errors, SettledError { error: 1.5, absolute: 1.5, naive_absolute: 1.5 });
        assert_eq!(SettledError::of(99.0, 100.0, 101.0).error, -2.0);
    }

    #[test]
    fn split_before_the_target_is_undone_for_raw_and_adjusted_quotes() {
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
    fn split_after_the_target_is_undone() {
        let split = |bar: RawBar| RawBar { split: 4.0, ..bar };
        let adjusted = [bar(3, 100.0), bar(4, 102.0), bar(5, 101.0), split(bar(8, 103.0))];
        let as_traded = [bar(3, 400.0), bar(4, 408.0), bar(5, 404.0), split(bar(8, 103.0))];
        let realised = settled(&history(PriceBasis::SplitAdjusted, adjusted.to_vec()));
        assert!((realised.close - 404.0).abs() < 1e-9 && realised.quoted == 101.0);
        let realised = settled(&history(PriceBasis::Unadjusted, as_traded.to_vec()));
        assert!((realised.close - 404.0).abs() < 1e-9 && realised.quoted == 404.0);
    }

    #[test]
    fn dividend_before_the_target_does_not_change_the_error() {
        // The price falls by the dividend of 8 and by nothing else.
        let bars = vec![bar(3, 400.0), RawBar { dividend: 8.0, ..bar(4, 392.0) }, bar(5, 392.0)];
        let realised = settled(&history(PriceBasis::SplitAdjusted, bars));
        assert!((realised.close - 400.0).abs() < 1e-9 && realised.quoted == 392.0);
    }

    #[test]
    fn settlement_is_pending_closed_or_unknown_without_the_target() {
        let bars = |days: &[u32]| history(PriceBasis::SplitAdjusted, days.iter().map(|&on| bar(on, 400.0)).collect());
        let stands = |days: &[u32]| pending(day(5), day(3)).settle(&bars(days));
        assert_eq!(stands(&[2, 3, 4]), Settlement::Waiting);
        assert_eq!(stands(&[2]), Settlement::Waiting, "even a history that ends before the forecast was made");
        assert_eq!(stands(&[2, 3, 4, 8]), Settlement::NoSession);
        assert_eq!(stands(&[2, 4, 5]), Settlement::NoOrigin);
        assert!(matches!(stands(&[3, 4, 5]), Settlement::Closed(_)));
    }
}
