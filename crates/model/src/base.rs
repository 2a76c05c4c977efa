//! BASE: one network over all symbols. Its inputs know no symbol, so it also forecasts those that it never saw.

mod artifact;
mod calibrate;
mod calibration;
mod ensemble;
mod fine_tune;
mod fit;
mod forecaster;
mod head;
mod inputs;
mod model;
mod panel;
mod student;

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use closecast_domain::{Exchange, History, Market};
use closecast_features::{FeatureSet, markets};

pub(crate) use artifact::FORMAT;
pub use fine_tune::FineTunedForecaster;
pub use forecaster::{BaseForecaster, BaseSpec};
pub use head::Head;
pub(crate) use model::BaseLook;
pub use model::BaseModel;

pub use closecast_features::LEAST_SYMBOLS as LEAST_MARKET_SYMBOLS;

/// Returns the market of every exchange of which `histories` hold [`LEAST_MARKET_SYMBOLS`] or more: the background that BASE
/// looks at.
#[must_use]
pub fn markets_of(histories: &[History]) -> BTreeMap<Exchange, Arc<Market>> {
    markets(histories, &FeatureSet::market())
}

/// Returns the first of `dates` whose market figures change when every history is cut off after it: figures that read a later
/// bar. `None` is what they promise.
#[must_use]
pub fn market_leak(histories: &[History], dates: &[NaiveDate]) -> Option<NaiveDate> {
    let whole = markets_of(histories);
    dates.iter().copied().find(|&date| {
        let known: Vec<History> =
            histories.iter().filter_map(|history| history.between(None, Some(date)).ok()).collect();
        let cut = markets_of(&known);
        let bits = |markets: &BTreeMap<Exchange, Arc<Market>>, exchange| {
            let figures = markets.get(exchange).and_then(|market: &Arc<Market>| market.on(date));
            figures.map(|figures| figures.iter().map(|figure| figure.to_bits()).collect::<Vec<u32>>())
        };
        whole.keys().any(|exchange| bits(&whole, exchange) != bits(&cut, exchange))
    })
}

/// Gives every history the market of its exchange, as far as there is one.
#[must_use]
pub fn with_markets(histories: Vec<History>) -> Vec<History> {
    let markets = markets_of(&histories);
    let placed = |history: History| match markets.get(&history.exchange()) {
        Some(market) => history.with_market(market.clone()),
        None => history,
    };
    histories.into_iter().map(placed).collect()
}
