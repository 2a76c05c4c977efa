//! BASE: one network over all symbols. Its inputs know no symbol, so it also forecasts those that it never saw.

mod artifact;
mod calibrate;
mod calibration;
mod ensemble;
mod fine_tune;
mod fit;
mod forecaster;
mod inputs;
mod model;
mod panel;
mod student;

use std::{collections::BTreeMap, sync::Arc};

use closecast_domain::{Exchange, History, Market};
use closecast_features::{FeatureSet, markets};

pub(crate) use artifact::FORMAT;
pub use fine_tune::FineTunedForecaster;
pub use forecaster::{BaseForecaster, BaseSpec};
pub use model::BaseModel;

pub use closecast_features::LEAST_SYMBOLS as LEAST_MARKET_SYMBOLS;

/// Returns the market of every exchange of which `histories` hold [`LEAST_MARKET_SYMBOLS`] or more: the background that BASE
/// looks at.
#[must_use]
pub fn markets_of(histories: &[History]) -> BTreeMap<Exchange, Arc<Market>> {
    markets(histories, &FeatureSet::market())
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
