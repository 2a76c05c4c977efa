//! Detects that a source has rewritten the past.

use std::{collections::BTreeMap, fmt};

use chrono::NaiveDate;
use closecast_domain::{PriceBasis, RawBar, RawSeries};

/// Relative tolerance of equal prices or factors. Prices have the 24 bits of a float32, so the factors of 17 symbols
/// fetched on two days in 2025 differ by up to 2.1e-7; the smallest dividends are 1e-5 of the price.
const SAME: f64 = 4e-6;
/// Relative tolerance of equal ratios of several sessions: prices of some currencies are rounded.
const ONE_RATIO: f64 = 1e-3;

/// Evidence that the stored past was rewritten.
#[derive(Clone, Debug, PartialEq)]
pub enum Rewrite {
    /// A new dividend: the adjusted closes before it have changed.
    NewDividend {
        /// First session without it.
        date: NaiveDate,
        /// Cash per share.
        amount: f64,
    },
    /// A new split: all prices before it have changed.
    NewSplit {
        /// First session of the new shares.
        date: NaiveDate,
        /// New shares per old one.
        ratio: f64,
    },
    /// Adjusted close over close differs from what is stored.
    AdjustmentChanged {
        /// First differing session.
        date: NaiveDate,
        /// Factor stored.
        before: f64,
        /// Factor fetched.
        after: f64,
    },
    /// All closes differ from what is stored, by one ratio.
    PricesRescaled {
        /// Fetched over stored.
        ratio: f64,
    },
    /// No common sessions: nothing can be compared.
    NoOverlap,
    /// The series differ in symbol, currency or basis.
    DifferentSeries {
        /// Symbol, currency or basis.
        what: &'static str,
    },
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewDividend { date, amount } => write!(f, "a dividend of {amount} on {date} adjusts what is stored"),
            Self::NewSplit { date, ratio } => write!(f, "a split of {ratio} on {date} adjusts what is stored"),
            Self::AdjustmentChanged { date, before, after } => {
                write!(f, "the adjustment of {date} changed from {before:.6} to {after:.6}")
            }
            Self::PricesRescaled { ratio } => write!(f, "the prices are {ratio:.6} times those stored"),
            Self::NoOverlap => write!(f, "none of the stored sessions was delivered again"),
            Self::DifferentSeries { what } => write!(f, "the {what} is not the one stored"),
        }
    }
}

/// Bars by session.
pub(super) type ByDate<'a> = BTreeMap<NaiveDate, &'a RawBar>;

/// Returns evidence that `stored` is no longer valid, if any.
pub(super) fn find(stored: (&RawSeries, &ByDate<'_>), fetched: (&RawSeries, &ByDate<'_>)) -> Option<Rewrite> {
    if let Some(what) = difference(stored.0, fetched.0) {
        return Some(Rewrite::DifferentSeries { what });
    }
    let (stored, fetched, basis) = (stored.1, fetched.1, fetched.0.basis);
    if stored.is_empty() || fetched.is_empty() {
        return None;
    }
    let pairs = overlap(stored, fetched);
    if pairs.is_empty() {
        return Some(Rewrite::NoOverlap);
    }
    let adjusted = basis != PriceBasis::Unadjusted || fetched.values().any(|bar| bar.adj_close.is_some());
    let event = if adjusted { new_event(stored, fetched) } else { None };
    event.or_else(|| changed_adjustment(&pairs)).or_else(|| rescaled(&pairs))
}

fn difference(stored: &RawSeries, fetched: &RawSeries) -> Option<&'static str> {
    let currency = |series: &RawSeries| series.currency.clone();
    if stored.symbol != fetched.symbol {
        Some("symbol")
    } else if stored.basis != fetched.basis {
        Some("basis")
    } else if currency(stored).zip(currency(fetched)).is_some_and(|(before, after)| before != after) {
        Some("currency")
    } else {
        None
    }
}

/// Returns the settled common sessions with a close in both, stored first.
fn overlap<'a>(stored: &ByDate<'a>, fetched: &ByDate<'a>) -> Vec<(&'a RawBar, &'a RawBar)> {
    let comparable = |bar: &RawBar| !bar.live && positive(bar.close).is_some();
    let pairs = fetched.iter().filter_map(|(date, fetched)| Some((*stored.get(date)?, *fetched)));
    pairs.filter(|(stored, fetched)| comparable(stored) && comparable(fetched)).collect()
}

/// Returns the first fetched event that is not stored, after the first stored session.
fn new_event(stored: &ByDate<'_>, fetched: &ByDate<'_>) -> Option<Rewrite> {
    let first = *stored.keys().next()?;
    fetched.iter().filter(|(date, _)| **date > first).find_map(|(&date, bar)| {
        let (dividend, split) = stored.get(&date).map_or((0.0, 1.0), |stored| (stored.dividend, stored.split));
        if differ(bar.split, split) {
            Some(Rewrite::NewSplit { date, ratio: bar.split })
        } else if differ(bar.dividend, dividend) {
            Some(Rewrite::NewDividend { date, amount: bar.dividend })
        } else {
            None
        }
    })
}

fn changed_adjustment(pairs: &[(&RawBar, &RawBar)]) -> Option<Rewrite> {
    let factor = |bar: &RawBar| Some(positive(bar.adj_close)? / positive(bar.close)?);
    pairs.iter().find_map(|(stored, fetched)| {
        let (before, after) = (factor(stored)?, factor(fetched)?);
        differ(before, after).then_some(Rewrite::AdjustmentChanged { date: fetched.date, before, after })
    })
}

/// Returns a ratio other than 1 by which all closes have changed. A single changed close is a correction.
fn rescaled(pairs: &[(&RawBar, &RawBar)]) -> Option<Rewrite> {
    let ratio = |(stored, fetched): &(&RawBar, &RawBar)| Some(positive(fetched.close)? / positive(stored.close)?);
    let first = ratio(pairs.first()?)?;
    let one_ratio =
        |pair| ratio(pair).is_some_and(|ratio| differ(ratio, 1.0) && (ratio / first - 1.0).abs() < ONE_RATIO);
    pairs.iter().all(one_ratio).then_some(Rewrite::PricesRescaled { ratio: first })
}

fn positive(price: Option<f64>) -> Option<f64> {
    price.filter(|price| price.is_finite() && *price > 0.0)
}

fn differ(before: f64, after: f64) -> bool {
    (before - after).abs() > SAME * before.abs().max(after.abs())
}
