//! What the market of an exchange did, from all stored symbols of it: computed once and kept until a price changes.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{Exchange, History, Market};
use closecast_model::{MIN_MARKET_SYMBOLS, markets_of};
use closecast_store::SeriesInfo;

use crate::{error::Failure, limiter::holding, services::App, use_cases::history};

/// Names the prices that a market was computed from.
type Key = Vec<(String, NaiveDate, DateTime<Utc>)>;

/// A market as computed from the prices of `key`; none where they were of too few symbols.
#[derive(Debug)]
struct Computed {
    exchange: Exchange,
    key: Key,
    market: Option<Arc<Market>>,
}

/// The newest market computed of each exchange.
#[derive(Debug, Default)]
pub struct MarketCache {
    kept: Mutex<Vec<Computed>>,
    /// Held while a market is computed: of several who want one, one computes, and one market is in hand at a time. Whoever
    /// hangs up leaves it held until the computation ends, which is kept all the same.
    computing: Arc<tokio::sync::Mutex<()>>,
}

impl MarketCache {
    fn get(&self, exchange: Exchange, key: &Key) -> Option<Option<Arc<Market>>> {
        let kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.iter().find(|kept| kept.exchange == exchange && kept.key == *key).map(|kept| kept.market.clone())
    }

    fn put(&self, exchange: Exchange, key: Key, market: Option<Arc<Market>>) {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.retain(|kept| kept.exchange != exchange);
        kept.push(Computed { exchange, key, market });
    }
}

/// Gives `history` the market of its exchange, where enough symbols of it are stored.
///
/// # Errors
/// [`Failure`] when the store cannot be read.
pub async fn in_market(app: &App, history: History) -> Result<History, Failure> {
    let exchange = history.exchange();
    let mut stored = app.store.bars().list().await?;
    stored.retain(|info| Exchange::of(&info.symbol) == exchange);
    if stored.len() < MIN_MARKET_SYMBOLS {
        return Ok(history);
    }
    let key: Key = stored.iter().map(|info| (info.symbol.to_string(), info.last_date, info.stored_at)).collect();
    let market = match app.markets.get(exchange, &key) {
        Some(market) => market,
        None => compute(app, exchange, key, &stored).await?,
    };
    Ok(match market {
        Some(market) => history.with_market(market),
        None => history,
    })
}

/// Computes the market of an exchange from the stored symbols of it, unless another has done so meanwhile.
async fn compute(
    app: &App,
    exchange: Exchange,
    key: Key,
    stored: &[SeriesInfo],
) -> Result<Option<Arc<Market>>, Failure> {
    let alone = Arc::clone(&app.markets.computing).lock_owned().await;
    if let Some(market) = app.markets.get(exchange, &key) {
        return Ok(market);
    }
    let mut histories = Vec::with_capacity(stored.len());
    for info in stored {
        match history::load(app, &info.symbol).await {
            Ok(loaded) => histories.push(loaded.history),
            // A symbol whose prices are of no use says nothing of the market.
            Err(Failure::History(_) | Failure::NoHistory(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let markets = Arc::clone(&app.markets);
    let work = move || {
        let market = markets_of(&histories).get(&exchange).cloned();
        markets.put(exchange, key, market.clone());
        market
    };
    holding(alone, work).await
}
