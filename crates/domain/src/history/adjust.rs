//! Adjusts prices for splits and dividends.
//!
//! Both ways of adjusting multiply the prices before an ex-date by a factor, so that returns across it are those of a
//! holder who reinvests. The convention is that of CRSP and of Yahoo Finance ("What is the adjusted close?"): a split of
//! s new shares per old one divides the earlier prices by s; a dividend D multiplies them by 1 − D / P, P being the
//! close before the ex-date. With both on one day D is per new share, and the factor is (1 − D·s / P) / s.

mod adj_close;

use crate::quality::row::Row;
use crate::{Bar, PriceBasis};

/// Returns the factor by which the events of `row` adjust earlier prices; `before` is the close of the previous row.
pub(crate) fn event_step(before: f64, row: &Row, basis: PriceBasis) -> f64 {
    match basis {
        PriceBasis::FullyAdjusted => 1.0,
        PriceBasis::SplitAdjusted => 1.0 - row.dividend / before,
        PriceBasis::Unadjusted => (1.0 - row.dividend * row.split / before) / row.split,
    }
}

/// Returns the adjustment factor of each row: adjusted close ÷ close if the source delivers adjusted closes, otherwise
/// the product of the factors of all later events.
pub(crate) fn price_factors(rows: &[Row], basis: PriceBasis) -> Vec<f64> {
    let events = backward_product(rows.len(), |index| event_step(rows[index - 1].close, &rows[index], basis));
    adj_close::factors(rows, &events).unwrap_or(events)
}

/// Returns the bars of `rows`, adjusted.
pub(crate) fn bars(rows: &[Row], basis: PriceBasis) -> Vec<Bar> {
    let prices = price_factors(rows, basis);
    let volumes = volume_factors(rows, &prices, basis);
    let bar = |((row, price), volume): ((&Row, f64), f64)| Bar {
        date: row.date,
        open: row.open * price,
        high: row.high * price,
        low: row.low * price,
        close: row.close * price,
        raw_close: row.close,
        volume: row.volume * volume,
    };
    rows.iter().zip(prices).zip(volumes).map(bar).collect()
}

/// Returns the volume factor of each row: the product of all later splits if prices are unadjusted. Sources that adjust
/// prices for splits adjust volumes too.
fn volume_factors(rows: &[Row], prices: &[f64], basis: PriceBasis) -> Vec<f64> {
    let recorded = rows.iter().any(|row| row.split != 1.0);
    let adjusted = rows.iter().any(|row| row.adj_close.is_some());
    backward_product(rows.len(), |index| match basis {
        PriceBasis::Unadjusted if recorded => rows[index].split,
        PriceBasis::Unadjusted if adjusted => adj_close::implied_split(prices[index - 1] / prices[index]),
        _ => 1.0,
    })
}

/// Returns, for each of `len` rows, the product of `step(index)` over all later rows.
fn backward_product(len: usize, step: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut factors = vec![1.0; len];
    for index in (1..len).rev() {
        factors[index - 1] = factors[index] * step(index);
    }
    factors
}
