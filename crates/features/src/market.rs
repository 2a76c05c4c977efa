//! Market features: the mean of each feature over the symbols of an exchange.

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use closecast_domain::{Exchange, History, Market, Symbol};

use crate::{FeatureError, FeatureSet, Features};

/// Minimum number of symbols with a session on a day for their mean to count as the market.
pub const MIN_MARKET_SYMBOLS: usize = 8;

/// Sums over the symbols of one day.
struct Day<'a> {
    symbols: usize,
    /// Symbol added last.
    newest: Option<&'a Symbol>,
    sums: Vec<f64>,
}

/// Returns the market of every exchange with at least [`MIN_MARKET_SYMBOLS`] symbols in `histories`: the equal-weighted mean
/// of each feature of `set` on each day.
///
/// The values of a day depend on no later bar: they are bit-identical for longer histories. The order of the histories does
/// not matter. Histories that are too short are left out, and so are the days of a history from its first unusable price on.
#[must_use]
pub fn markets(histories: &[History], set: &FeatureSet) -> BTreeMap<Exchange, Arc<Market>> {
    let mut ordered: Vec<&History> = histories.iter().collect();
    // Two histories of one symbol are ordered too, because sums depend on the order.
    ordered.sort_by_key(|history| (history.symbol(), history.bars()[0].date, history.len()));
    let mut exchanges: BTreeMap<Exchange, BTreeMap<NaiveDate, Day<'_>>> = BTreeMap::new();
    for history in ordered {
        let Some(features) = usable_features(history, set) else { continue };
        let days = exchanges.entry(history.exchange()).or_default();
        let dates = features.dates()[features.first_valid()..].iter();
        let rows = features.as_slice().chunks_exact(features.n_features()).skip(features.first_valid());
        for (date, row) in dates.zip(rows) {
            let day = days.entry(*date).or_insert_with(|| Day { symbols: 0, newest: None, sums: vec![0.0; row.len()] });
            // If two histories of a symbol contain the same day, it counts once.
            if day.newest.replace(history.symbol()) == Some(history.symbol()) {
                continue;
            }
            day.symbols += 1;
            day.sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
        }
    }
    let market = |(exchange, days): (Exchange, BTreeMap<NaiveDate, Day<'_>>)| {
        let enough = days.into_iter().filter(|(_, day)| day.symbols >= MIN_MARKET_SYMBOLS);
        let mean = |day: Day<'_>| day.sums.into_iter().map(|sum| (sum / day.symbols as f64) as f32).collect();
        let days: BTreeMap<NaiveDate, Vec<f32>> = enough.map(|(date, day)| (date, mean(day))).collect();
        (!days.is_empty()).then(|| (exchange, Arc::new(Market::new(exchange, set.names(), days))))
    };
    exchanges.into_iter().filter_map(market).collect()
}

/// Returns the features of `history` before the first value that is not finite. Leaving out the earlier days as well would
/// make them depend on a later day.
fn usable_features(history: &History, set: &FeatureSet) -> Option<Features> {
    match set.compute(history) {
        Ok(features) => Some(features),
        Err(FeatureError::NonFinite { date, .. }) => set.compute(&history.between(None, date.pred_opt()).ok()?).ok(),
        Err(_) => None,
    }
}
