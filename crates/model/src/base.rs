//! BASE: one network over all symbols. Its inputs know no symbol, so it also forecasts those that it never saw.

mod artifact;
mod calibrate;
mod calibration;
mod ensemble;
mod fit;
mod forecaster;
mod inputs;
mod model;
mod panel;
mod student;

use closecast_domain::History;
use closecast_features::{FeatureSet, markets};

pub use forecaster::{BaseForecaster, BaseSpec};
pub use model::BaseModel;

/// Gives every history the market of its exchange, as far as `histories` hold enough of its symbols: the background that BASE
/// looks at.
#[must_use]
pub fn with_markets(histories: Vec<History>) -> Vec<History> {
    let markets = markets(&histories, &FeatureSet::market());
    let placed = |history: History| match markets.get(&history.exchange()) {
        Some(market) => history.with_market(market.clone()),
        None => history,
    };
    histories.into_iter().map(placed).collect()
}
