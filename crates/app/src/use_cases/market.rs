//! What the market of an exchange did, from all stored symbols of it: computed once and kept until a price changes.

use std::sync::Arc;

use closecast_domain::{Exchange, History, Market};
use closecast_model::{MIN_MARKET_SYMBOLS, markets_of};
use closecast_store::SeriesInfo;

use crate::{error::AppError, limiter::holding, services::Services, state::MarketKey, use_cases::history};

/// Gives `history` the market of its exchange, where enough symbols of it are stored.
///
/// # Errors
/// [`AppError`] when the store cannot be read.
pub async fn in_market(app: &Services, history: History) -> Result<History, AppError> {
    let exchange = history.exchange();
    let mut stored = app.store.bars().list().await?;
    stored.retain(|info| Exchange::of(&info.symbol) == exchange);
    if stored.len() < MIN_MARKET_SYMBOLS {
        return Ok(history);
    }
    let key: MarketKey = stored.iter().map(|info| (info.symbol.to_string(), info.last_date, info.stored_at)).collect();
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
    app: &Services,
    exchange: Exchange,
    key: MarketKey,
    stored: &[SeriesInfo],
) -> Result<Option<Arc<Market>>, AppError> {
    let alone = Arc::clone(&app.markets.computing).lock_owned().await;
    if let Some(market) = app.markets.get(exchange, &key) {
        return Ok(market);
    }
    let mut histories = Vec::with_capacity(stored.len());
    for info in stored {
        match history::load(app, &info.symbol).await {
            Ok(loaded) => histories.push(loaded.history),
            // A symbol whose prices are of no use says nothing of the market.
            Err(AppError::History(_) | AppError::NoHistory(_)) => {}
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
