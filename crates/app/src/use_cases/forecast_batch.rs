//! Forecasting many symbols at once.

use std::{collections::HashMap, sync::Arc};

use closecast_domain::Symbol;
use futures_util::StreamExt as _;

use crate::{
    error::AppError,
    services::Services,
    state::CachedForecast,
    use_cases::forecast::{Freshness, forecast},
};

/// Symbols whose prices are read at a time. Arithmetic waits at the gate besides; of a batch no more stand there.
const AT_A_TIME: usize = 8;

/// What became of each symbol.
pub type Answers = HashMap<Symbol, Result<Arc<CachedForecast>, Arc<AppError>>>;

/// Forecasts each of `symbols`, which may be named more than once and are forecast once.
pub async fn forecast_batch(app: &Services, symbols: &[Symbol], model: Option<&str>) -> Answers {
    let mut distinct: Vec<Symbol> = symbols.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let one = |symbol: Symbol| async move {
        let answer = Box::pin(forecast(app, &symbol, model, Freshness::Kept)).await;
        (symbol, answer.map_err(Arc::new))
    };
    futures_util::stream::iter(distinct).map(one).buffer_unordered(AT_A_TIME).collect().await
}
