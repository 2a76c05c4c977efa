//! Writes bars to files.

use std::io::{self, Write};

use chrono::NaiveDate;
use closecast_domain::{Bar, History, PriceBasis, RawBar, RawSeries, Symbol};
use serde::{Deserialize, Serialize};

/// Header of all written files: Yahoo's.
pub const HEADER: &str = "Date,Open,High,Low,Close,Adj Close,Volume";

/// Returns the file name of a symbol's history: `AAPL_data.csv`.
#[must_use]
pub fn file_name(symbol: &Symbol) -> String {
    format!("{symbol}_data.csv")
}

/// Writes a checked history as Yahoo's CSV, oldest first, with six decimals.
///
/// `Close` is the quoted price, `Adj Close` the price adjusted for splits and dividends; open, high and low are on the
/// basis of `Close`: `open · raw_close / close`.
///
/// # Errors
/// [`io::Error`] of the writer.
pub fn write_history(mut writer: impl Write, history: &History) -> io::Result<()> {
    writeln!(writer, "{HEADER}")?;
    for bar in history.bars() {
        write_row(&mut writer, &as_quoted(bar))?;
    }
    writer.flush()
}

/// Writes a series as delivered, but oldest first. A missing number is an empty cell.
///
/// Prices keep their basis, which the format cannot express: fully adjusted prices are written as `Close` and as `Adj
/// Close`; for others without an adjusted close, `Adj Close` is empty.
///
/// # Errors
/// [`io::Error`] of the writer.
pub fn write_series(mut writer: impl Write, series: &RawSeries) -> io::Result<()> {
    writeln!(writer, "{HEADER}")?;
    let mut bars: Vec<&RawBar> = series.bars.iter().collect();
    bars.sort_by_key(|bar| bar.date);
    for bar in bars {
        let adj_close = match series.basis {
            PriceBasis::FullyAdjusted => bar.close,
            PriceBasis::Unadjusted | PriceBasis::SplitAdjusted => bar.adj_close,
        };
        write_row(&mut writer, &RawBar { adj_close, ..bar.clone() })?;
    }
    writer.flush()
}

/// A request body for `POST /predict`: the newest closes of a symbol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestPayload {
    /// Symbol of the closes.
    pub symbol: Symbol,
    /// Date of the last close.
    pub as_of: NaiveDate,
    /// Closing prices as quoted, oldest first.
    pub values: Vec<f64>,
}

/// Returns the newest `lookback` closes of `history` as a test body for `POST /predict`; fewer when the history is
/// shorter.
///
/// ```json
/// {"symbol": "AAPL", "as_of": "2013-03-01", "values": [508.9, 430.47]}
/// ```
#[must_use]
pub fn test_payload(history: &History, lookback: usize) -> TestPayload {
    let bars = history.bars();
    let newest = &bars[bars.len().saturating_sub(lookback)..];
    TestPayload {
        symbol: history.symbol().clone(),
        as_of: history.last().date,
        values: newest.iter().map(|bar| bar.raw_close).collect(),
    }
}

fn as_quoted(bar: &Bar) -> RawBar {
    let quoted = bar.as_quoted();
    RawBar {
        open: Some(quoted.open),
        high: Some(quoted.high),
        low: Some(quoted.low),
        close: Some(quoted.close),
        adj_close: Some(bar.close),
        volume: Some(bar.volume),
        ..RawBar::empty(bar.date)
    }
}

fn write_row(writer: &mut impl Write, bar: &RawBar) -> io::Result<()> {
    write!(writer, "{}", bar.date)?;
    for price in [bar.open, bar.high, bar.low, bar.close, bar.adj_close] {
        write!(writer, ",{}", price.map(decimals).unwrap_or_default())?;
    }
    let volume = bar.volume.filter(|volume| volume.is_finite()).map(|volume| volume.to_string());
    writeln!(writer, ",{}", volume.unwrap_or_default())
}

/// Formats a price with six decimals, and with more below 0.1 to keep six digits: 0.00001234 must not become 0.000012.
fn decimals(price: f64) -> String {
    if !price.is_finite() {
        return String::new();
    }
    let magnitude = price.abs().log10().floor();
    let more = if magnitude < -1.0 && magnitude.is_finite() { (-1.0 - magnitude) as usize } else { 0 };
    format!("{price:.*}", 6 + more)
}
