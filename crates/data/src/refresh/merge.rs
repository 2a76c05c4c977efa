//! Merges stored and fetched bars.

use chrono::NaiveDate;
use closecast_domain::{RawBar, RawSeries};

use super::rewrite::{self, ByDate, Rewrite};

/// The outcome of [`merge()`].
#[derive(Clone, Debug, PartialEq)]
pub enum Merge {
    /// The stored bars are still valid; here they are with the new ones.
    Appended(Merged),
    /// The stored bars are no longer valid and must not be mixed with the fetched ones.
    Rewritten(Rewrite),
}

/// An updated series.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// All sessions, oldest first, one bar each.
    pub series: RawSeries,
    /// Number of stored bars replaced by different ones.
    pub replaced: usize,
    /// Number of new sessions.
    pub added: usize,
}

/// Merges `fetched`, usually the newest sessions, into `stored`. A fetched bar replaces the stored one unless it is
/// less complete: a bar without a close replaces none with one, a live bar replaces no settled one. The same rule, and
/// then the order of delivery, decides between two bars of one session.
#[must_use]
pub fn merge(stored: &RawSeries, fetched: &RawSeries) -> Merge {
    let (before, new) = (best_by_date(&stored.bars), best_by_date(&fetched.bars));
    if let Some(rewrite) = rewrite::find((stored, &before), (fetched, &new)) {
        return Merge::Rewritten(rewrite);
    }
    let added = new.keys().filter(|date| !before.contains_key(date)).count();
    let mut merged = before.clone();
    for (&date, &bar) in &new {
        put(&mut merged, date, bar);
    }
    let replaced = before.iter().filter(|&(date, bar)| merged.get(date).is_some_and(|now| now != bar)).count();
    let bars = merged.into_values().cloned().collect();
    let series = RawSeries {
        symbol: fetched.symbol.clone(),
        basis: fetched.basis,
        currency: fetched.currency.clone().or_else(|| stored.currency.clone()),
        source: fetched.source.clone(),
        bars,
    };
    Merge::Appended(Merged { series, replaced, added })
}

fn best_by_date(bars: &[RawBar]) -> ByDate<'_> {
    let mut best = ByDate::new();
    for bar in bars {
        put(&mut best, bar.date, bar);
    }
    best
}

fn put<'a>(bars: &mut ByDate<'a>, date: NaiveDate, bar: &'a RawBar) {
    let completeness = |bar: &RawBar| (bar.close.is_some_and(f64::is_finite), !bar.live);
    let current = bars.entry(date).or_insert(bar);
    if completeness(bar) >= completeness(current) {
        *current = bar;
    }
}
