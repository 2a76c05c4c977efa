//! BASE: one network over all symbols. Its inputs do not identify the symbol, so it also forecasts symbols it was not trained on.

mod artifact;
mod calibrate;
mod calibration;
mod ensemble;
mod fine_tune;
mod forecaster;
mod head;
mod inputs;
mod member_training;
mod model;
mod panel;
mod spec;
mod student;

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use closecast_domain::{Exchange, History, Market};
use closecast_features::{FeatureSet, markets};

pub(crate) use artifact::FORMAT;
pub use fine_tune::FineTunedForecaster;
pub use forecaster::BaseForecaster;
pub(crate) use model::BaseInput;
pub use model::BaseModel;
pub use spec::{BaseSpec, CheckedBaseSpec};

pub use closecast_features::MIN_MARKET_SYMBOLS;

/// Returns the market of every exchange with at least [`MIN_MARKET_SYMBOLS`] symbols in `histories`: additional inputs of BASE.
#[must_use]
pub fn markets_of(histories: &[History]) -> BTreeMap<Exchange, Arc<Market>> {
    markets(histories, &FeatureSet::market())
}

/// Returns the first of `dates` whose market features change when every history ends there: a look-ahead. Expected: `None`.
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

/// Attaches to every history the market of its exchange, if there is one.
#[must_use]
pub fn with_markets(histories: Vec<History>) -> Vec<History> {
    let markets = markets_of(&histories);
    let placed = |history: History| match markets.get(&history.exchange()) {
        Some(market) => history.with_market(market.clone()),
        None => history,
    };
    histories.into_iter().map(placed).collect()
}
