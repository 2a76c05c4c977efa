//! Checked daily bars.

pub(crate) mod adjust;
mod check;
mod recognise;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::{Bar, Exchange, Market, Symbol, TradingCalendar};

/// Why a delivered series gives no history. Single bad rows are findings of the report, not errors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// No row is usable.
    #[error("none of the {rows} rows of {symbol} has a usable date and close")]
    NoUsableRow {
        /// Symbol.
        symbol: Symbol,
        /// Rows delivered.
        rows: usize,
    },
    /// No bar lies in the requested dates.
    #[error("{symbol} has no bar in the requested dates: its bars run from {first} to {last}")]
    EmptyRange {
        /// Symbol.
        symbol: Symbol,
        /// Date of the oldest bar.
        first: NaiveDate,
        /// Date of the newest bar.
        last: NaiveDate,
    },
}

/// Daily bars of one symbol: ordered, one per date, finite, adjusted for splits and dividends.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    symbol: Symbol,
    exchange: Exchange,
    currency: Option<String>,
    bars: Vec<Bar>,
    market: Option<Arc<Market>>,
}

impl History {
    /// Returns a history of bars that are known to be ordered, unique and finite.
    ///
    /// For tests and for stored data that was checked; delivered data goes through [`History::check`].
    ///
    /// # Errors
    /// [`HistoryError::NoUsableRow`] when `bars` is empty.
    pub fn from_checked(symbol: Symbol, currency: Option<String>, bars: Vec<Bar>) -> Result<Self, HistoryError> {
        if bars.is_empty() {
            return Err(HistoryError::NoUsableRow { symbol, rows: 0 });
        }
        debug_assert!(bars.windows(2).all(|pair| pair[0].date < pair[1].date), "bars must be ordered and unique");
        Ok(Self { exchange: Exchange::of(&symbol), symbol, currency, bars, market: None })
    }

    /// Attaches market averages, for models that use them. A market of another exchange is ignored.
    #[must_use]
    pub fn with_market(mut self, market: Arc<Market>) -> Self {
        self.market = (market.exchange() == self.exchange).then_some(market);
        self
    }

    /// Returns the market averages, if known.
    #[must_use]
    pub fn market(&self) -> Option<&Market> {
        self.market.as_deref()
    }

    /// Returns the symbol.
    #[must_use]
    pub fn symbol(&self) -> &Symbol {
        &self.symbol
    }

    /// Returns the exchange the symbol trades on.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// Returns the calendar of that exchange.
    #[must_use]
    pub fn calendar(&self) -> TradingCalendar {
        TradingCalendar::new(self.exchange)
    }

    /// Returns the currency code, where known.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// Returns the bars, oldest first. Never empty.
    #[must_use]
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// Returns the number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bars.len()
    }

    /// Returns `false`: a history has at least one bar.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// Returns the newest bar.
    #[must_use]
    pub fn last(&self) -> &Bar {
        &self.bars[self.bars.len() - 1]
    }

    /// Returns the first `len` bars as a history: the information available at the close of the last of them.
    ///
    /// # Errors
    /// [`HistoryError::EmptyRange`] when `len` is 0.
    pub fn first_bars(&self, len: usize) -> Result<Self, HistoryError> {
        self.slice(0, len)
    }

    /// Returns the bars from `start` to `end`, inclusive, as a history.
    ///
    /// # Errors
    /// [`HistoryError::EmptyRange`] when no bar lies between the dates.
    pub fn between(&self, start: Option<NaiveDate>, end: Option<NaiveDate>) -> Result<Self, HistoryError> {
        let from = start.map_or(0, |date| self.bars.partition_point(|bar| bar.date < date));
        let to = end.map_or(self.bars.len(), |date| self.bars.partition_point(|bar| bar.date <= date));
        self.slice(from, to)
    }

    /// Returns the position of the bar of `date`, if there is one.
    #[must_use]
    pub fn position(&self, date: NaiveDate) -> Option<usize> {
        self.bars.binary_search_by_key(&date, |bar| bar.date).ok()
    }

    /// Returns the dates of the bars, oldest first.
    pub fn dates(&self) -> impl ExactSizeIterator<Item = NaiveDate> + DoubleEndedIterator + '_ {
        self.bars.iter().map(|bar| bar.date)
    }

    /// Returns ln(close / previous close) of the adjusted closes, starting with the second bar.
    #[must_use]
    pub fn log_returns(&self) -> Vec<f64> {
        self.bars.windows(2).map(|pair| (pair[1].close / pair[0].close).ln()).collect()
    }

    fn slice(&self, from: usize, to: usize) -> Result<Self, HistoryError> {
        let bars = self.bars.get(from..to).unwrap_or_default().to_vec();
        let part = Self::from_checked(self.symbol.clone(), self.currency.clone(), bars);
        part.map(|part| Self { market: self.market.clone(), ..part }).map_err(|_| self.empty_range())
    }

    fn empty_range(&self) -> HistoryError {
        HistoryError::EmptyRange { symbol: self.symbol.clone(), first: self.bars[0].date, last: self.last().date }
    }
}
