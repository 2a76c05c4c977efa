//! The market as a background: the mean of each feature over the symbols of an exchange.

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use closecast_domain::{Exchange, History, Market, Symbol};

use crate::{FeatureError, FeatureSet, Features};

/// Symbols that must have traded on a day for their mean to say something of the market.
pub const LEAST_SYMBOLS: usize = 8;

/// Sums over the symbols of a day.
struct Day<'a> {
    symbols: usize,
    /// Symbol that was added last.
    newest: Option<&'a Symbol>,
    sums: Vec<f64>,
}

/// Returns the market of every exchange that has [`LEAST_SYMBOLS`] symbols among `histories`: the equal-weighted mean of each
/// feature of `set` on each day.
///
/// A day's figures are those of its own features, which read no later bar: they are the same, to the bit, however much
/// longer the histories are. The order of the histories does not matter. Those too short for the features are left out, and
/// the days of a history from its first unusable price on.
#[must_use]
pub fn markets(histories: &[History], set: &FeatureSet) -> BTreeMap<Exchange, Arc<Market>> {
    let mut ordered: Vec<&History> = histories.iter().collect();
    // Two histories of one symbol have an order of their own, for sums depend on theirs.
    ordered.sort_by_key(|history| (history.symbol(), history.bars()[0].date, history.len()));
    let mut exchanges: BTreeMap<Exchange, BTreeMap<NaiveDate, Day<'_>>> = BTreeMap::new();
    for history in ordered {
        let Some(features) = usable_features(history, set) else { continue };
        let days = exchanges.entry(history.exchange()).or_default();
        let dates = features.dates()[features.first_valid()..].iter();
        let rows = features.as_slice().chunks_exact(features.n_features()).skip(features.first_valid());
        for (date, row) in dates.zip(rows) {
            let day = days.entry(*date).or_insert_with(|| Day { symbols: 0, newest: None, sums: vec![0.0; row.len()] });
            // Of two histories of a symbol that hold the same day, one counts.
            if day.newest.replace(history.symbol()) == Some(history.symbol()) {
                continue;
            }
            day.symbols += 1;
            day.sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
        }
    }
    let market = |(exchange, days): (Exchange, BTreeMap<NaiveDate, Day<'_>>)| {
        let enough = days.into_iter().filter(|(_, day)| day.symbols >= LEAST_SYMBOLS);
        let mean = |day: Day<'_>| day.sums.into_iter().map(|sum| (sum / day.symbols as f64) as f32).collect();
        let days: BTreeMap<NaiveDate, Vec<f32>> = enough.map(|(date, day)| (date, mean(day))).collect();
        (!days.is_empty()).then(|| (exchange, Arc::new(Market::new(exchange, set.names(), days))))
    };
    exchanges.into_iter().filter_map(market).collect()
}

/// Returns the features of `history` up to the day before the first one that is not finite: to leave out the days before as
/// well would let them know of it.
fn usable_features(history: &History, set: &FeatureSet) -> Option<Features> {
    match set.compute(history) {
        Ok(features) => Some(features),
        Err(FeatureError::NonFinite { date, .. }) => set.compute(&history.between(None, date.pred_opt()).ok()?).ok(),
        Err(_) => None,
    }
}
