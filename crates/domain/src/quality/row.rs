//! A bar with usable numbers, before adjustment.

use std::ops::Range;

use chrono::NaiveDate;

/// Valid prices. Cryptocurrencies reach down to 1e-10, series adjusted for many reverse splits up to 1e10; beyond these
/// bounds a number is a placeholder or invalid, and products of it could overflow.
const PRICE_RANGE: std::ops::RangeInclusive<f64> = 1e-12..=1e15;

/// Maximum valid volume, for the same reasons.
const MAX_VOLUME: f64 = 1e18;

/// A bar with usable numbers, not adjusted. Open, high, low and close are on the basis of the series.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) date: NaiveDate,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) adj_close: Option<f64>,
    pub(crate) volume: f64,
    pub(crate) dividend: f64,
    pub(crate) split: f64,
}

impl Row {
    /// Returns whether the four prices are equal, as in a session without trades.
    pub(crate) fn is_flat(&self) -> bool {
        self.high <= self.low && self.open == self.close && self.close == self.low
    }

    /// Returns adjusted close ÷ close, if the source delivers it.
    pub(crate) fn adj_factor(&self) -> Option<f64> {
        self.adj_close.map(|adj_close| adj_close / self.close)
    }

    /// Multiplies the prices by `scale`, including the adjusted close if `with_adj_close`.
    pub(crate) fn scale_prices(&mut self, scale: f64, with_adj_close: bool) {
        for price in [&mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            *price *= scale;
        }
        if with_adj_close {
            self.adj_close = self.adj_close.map(|adj_close| adj_close * scale);
        }
    }

    fn stays_priced(&self, scale: f64) -> bool {
        let prices = [self.open, self.high, self.low, self.close, self.adj_close.unwrap_or(self.close)];
        prices.iter().all(|price| PRICE_RANGE.contains(&(price * scale)))
    }
}

/// Returns whether `value` is a valid price.
pub(crate) fn is_price(value: f64) -> bool {
    PRICE_RANGE.contains(&value)
}

/// Returns `volume` if it is valid, else 0.
pub(crate) fn usable_volume(volume: Option<f64>) -> f64 {
    volume.filter(|shares| (0.0..=MAX_VOLUME).contains(shares)).unwrap_or(0.0)
}

/// Multiplies the prices of `range` by `scale`, and the adjusted closes if that keeps them consistent with the rows
/// beside the range. Returns `false`, with nothing changed, if a result would not be a valid price.
pub(crate) fn rescale(rows: &mut [Row], range: Range<usize>, scale: f64) -> bool {
    if !rows[range.clone()].iter().all(|row| row.stays_priced(scale)) {
        return false;
    }
    let beside = range.start.checked_sub(1).and_then(|row| rows.get(row)).or_else(|| rows.get(range.end));
    let usual = beside.and_then(Row::adj_factor);
    for row in &mut rows[range] {
        let distance = |factor: f64| usual.map_or(0.0, |usual| (factor / usual).ln().abs());
        let together = row.adj_factor().is_none_or(|factor| distance(factor) <= distance(factor / scale));
        row.scale_prices(scale, together);
    }
    true
}

/// Returns the dates of `rows`.
pub(crate) fn dates(rows: &[Row]) -> Vec<NaiveDate> {
    rows.iter().map(|row| row.date).collect()
}
