//! Daily price bars: as delivered ([`RawBar`]) and checked ([`Bar`]).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::Symbol;

/// Adjustments that the open, high, low and close of a [`RawSeries`] already include.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceBasis {
    /// None: prices as traded (B3 COTAHIST, Quandl WIKI, Alpha Vantage).
    Unadjusted,
    /// Splits, but not dividends (Yahoo's OHLC).
    SplitAdjusted,
    /// Splits and dividends (`yfinance.download` with its default `auto_adjust=True`).
    FullyAdjusted,
}

/// One session as delivered. Nothing is dropped or repaired at this stage: prices may be missing, NaN or absurd, and
/// rows may be out of order; [`History::check`](crate::History::check) decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawBar {
    /// Session date in the exchange's own time zone.
    pub date: NaiveDate,
    /// Opening price, in the price's currency.
    pub open: Option<f64>,
    /// Highest price of the session.
    pub high: Option<f64>,
    /// Lowest price of the session.
    pub low: Option<f64>,
    /// Closing price on the series' [`PriceBasis`].
    pub close: Option<f64>,
    /// Closing price adjusted for splits and dividends, where the source gives one.
    pub adj_close: Option<f64>,
    /// Shares traded. A float, because PETR4 reached 3.5e10 and some sources write fractions.
    pub volume: Option<f64>,
    /// Cash dividend per share whose ex-date is this session; 0 when there is none.
    pub dividend: f64,
    /// Split ratio that takes effect at this session's open, new shares per old (4.0 for 4:1); 1 when there is none.
    pub split: f64,
    /// Whether the session was still trading when the bar was taken, so its close is not final.
    pub live: bool,
}

impl RawBar {
    /// Returns a bar of `date` without prices, events and volume, to be filled in by a parser.
    #[must_use]
    pub fn empty(date: NaiveDate) -> Self {
        Self {
            date,
            open: None,
            high: None,
            low: None,
            close: None,
            adj_close: None,
            volume: None,
            dividend: 0.0,
            split: 1.0,
            live: false,
        }
    }

    /// Returns whether the close is a finite, positive number.
    #[must_use]
    pub fn has_close(&self) -> bool {
        self.close.is_some_and(|close| close.is_finite() && close > 0.0)
    }
}

/// The bars of one symbol as delivered by one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawSeries {
    /// Symbol the bars belong to.
    pub symbol: Symbol,
    /// Adjustments included in the prices.
    pub basis: PriceBasis,
    /// Currency code of the prices (`USD`, `BRL`), where known.
    pub currency: Option<String>,
    /// Name of the source, for example `yahoo`, `csv:stooq` or `sample`.
    pub source: String,
    /// Bars in the order delivered.
    pub bars: Vec<RawBar>,
}

impl RawSeries {
    /// Returns whether at least 19 of 20 rows have open, high and low.
    #[must_use]
    pub fn has_ranges(&self) -> bool {
        let is_complete = |bar: &&RawBar| [bar.open, bar.high, bar.low].iter().all(Option::is_some);
        20 * self.bars.iter().filter(is_complete).count() >= 19 * self.bars.len()
    }

    /// Returns the first and last date up to `today` with a close; `None` when there is none. Rows without a close and
    /// future rows do not count.
    #[must_use]
    pub fn days_with_close(&self, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let dates = || self.bars.iter().filter(|bar| bar.has_close()).map(|bar| bar.date).filter(|date| *date <= today);
        dates().min().zip(dates().max())
    }
}

/// One checked session of a [`History`](crate::History). All numbers are finite, prices positive, `low ≤ open, close ≤ high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Session date in the exchange's own time zone.
    pub date: NaiveDate,
    /// Open, adjusted for splits and dividends.
    pub open: f64,
    /// High, adjusted for splits and dividends.
    pub high: f64,
    /// Low, adjusted for splits and dividends.
    pub low: f64,
    /// Close, adjusted for splits and dividends: the series returns are computed from.
    pub close: f64,
    /// Close as quoted by the source; forecasts are expressed in these units.
    pub raw_close: f64,
    /// Shares traded, as counted by the source.
    pub volume: f64,
}

impl Bar {
    /// Returns the bar with open, high, low and close on the basis of the quoted close.
    #[must_use]
    pub fn as_quoted(&self) -> Self {
        let unadjust = self.raw_close / self.close;
        Self {
            open: self.open * unadjust,
            high: self.high * unadjust,
            low: self.low * unadjust,
            close: self.raw_close,
            ..*self
        }
    }
}
