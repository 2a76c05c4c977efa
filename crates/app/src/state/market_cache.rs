//! The newest market of each exchange.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{Exchange, Market};

/// Names the prices that a market was computed from.
pub type MarketKey = Vec<(String, NaiveDate, DateTime<Utc>)>;

/// A market as computed from the prices of `key`; none where they were of too few symbols.
#[derive(Debug)]
struct Computed {
    exchange: Exchange,
    key: MarketKey,
    market: Option<Arc<Market>>,
}

/// The newest market computed of each exchange.
#[derive(Debug, Default)]
pub struct MarketCache {
    kept: Mutex<Vec<Computed>>,
    /// Held while a market is computed: concurrent callers wait for one computation, and one market is computed at a time.
    /// A caller that is cancelled leaves it held until the computation ends, whose result is cached all the same.
    pub(crate) computing: Arc<tokio::sync::Mutex<()>>,
}

impl MarketCache {
    /// Returns the market computed from the prices of `key`, if that is the newest one of its exchange.
    pub(crate) fn get(&self, exchange: Exchange, key: &MarketKey) -> Option<Option<Arc<Market>>> {
        let kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.iter().find(|kept| kept.exchange == exchange && kept.key == *key).map(|kept| kept.market.clone())
    }

    /// Keeps a market in place of the one of its exchange.
    pub(crate) fn put(&self, exchange: Exchange, key: MarketKey, market: Option<Arc<Market>>) {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.retain(|kept| kept.exchange != exchange);
        kept.push(Computed { exchange, key, market });
    }
}
