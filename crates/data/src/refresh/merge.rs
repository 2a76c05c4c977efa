//! Bringing together what is stored and what was fetched.

use chrono::NaiveDate;
use closecast_domain::{RawBar, RawSeries};

use super::rewrite::{self, ByDate, Rewrite};

/// The outcome of [`merge()`].
#[derive(Clone, Debug, PartialEq)]
pub enum Merge {
    /// What is stored still holds; here it is with the rest.
    Appended(Merged),
    /// What is stored does not hold any more, and must not be mixed with what was fetched.
    Rewritten(Rewrite),
}

/// A series brought up to date.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// All sessions, oldest first, one bar each.
    pub series: RawSeries,
    /// Stored bars that the fetched ones replaced, because they say something else.
    pub replaced: usize,
    /// Sessions that were not stored.
    pub added: usize,
}

/// Merges `fetched`, usually the newest sessions, into `stored`. A fetched bar replaces the stored one, unless it knows
/// less: no bar gives way to one without a close, no settled bar to a live one. The same rule, and then the order of
/// delivery, decides between two bars of one session.
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
    let knowledge = |bar: &RawBar| (bar.close.is_some_and(f64::is_finite), !bar.live);
    let held = bars.entry(date).or_insert(bar);
    if knowledge(bar) >= knowledge(held) {
        *held = bar;
    }
}
