//! Forecasting a share whose prices may not be stored.

use std::{sync::Arc, time::Duration};

use chrono::Days;
use closecast_data::provider::{FetchRange, ProviderError};
use closecast_domain::{Exchange, Symbol};

use crate::{
    error::AppError,
    services::Services,
    state::CachedForecast,
    use_cases::{
        forecast::{Freshness, forecast},
        forecast_sent::{Sent, SentForecast, Source, forecast_sent},
        history::market_day,
    },
};

/// Days fetched where nothing is stored: the slowest feature looks back more than a year.
const DAYS_FETCHED: Days = Days::new(3 * 365);

/// How long the price source may take: a request waits for it.
const FETCH_TIMEOUT: Duration = Duration::from_secs(20);

/// A forecast from stored prices, or from prices that were fetched for it.
pub enum B3Forecast {
    /// From stored prices.
    Stored(Arc<CachedForecast>),
    /// From prices that were fetched and are not stored.
    Fetched(SentForecast),
}

/// Forecasts `symbol` from its stored prices or, where there are none, from prices fetched for this answer alone.
///
/// # Errors
/// As for [`forecast`], and [`AppError::Provider`] when the prices cannot be fetched.
pub async fn forecast_b3(app: &Services, symbol: &Symbol, model: Option<&str>) -> Result<B3Forecast, AppError> {
    match forecast(app, symbol, model, Freshness::Kept).await {
        Ok(answer) => Ok(B3Forecast::Stored(answer)),
        Err(failure) if matches!(failure.cause(), AppError::NoHistory(_)) => {
            fetched(app, symbol, model).await.map(B3Forecast::Fetched)
        }
        Err(failure) => Err(failure),
    }
}

async fn fetched(app: &Services, symbol: &Symbol, model: Option<&str>) -> Result<SentForecast, AppError> {
    let today = market_day(app, Exchange::of(symbol)).today;
    let start = today.checked_sub_days(DAYS_FETCHED).unwrap_or(today);
    let range = FetchRange::new(start, today.succ_opt().unwrap_or(today));
    let fetched = tokio::time::timeout(FETCH_TIMEOUT, app.provider.fetch(symbol, range)).await;
    let mut series = fetched.map_err(|_late| ProviderError::Timeout { after: FETCH_TIMEOUT })??;
    series.bars.retain(|bar| !bar.live);
    let sent = Sent {
        symbol: Some(symbol.clone()),
        model: model.map(str::to_owned),
        place: format!("the prices of {symbol}"),
        series,
        dated: true,
        as_of: None,
        look_up: false,
    };
    let mut made = forecast_sent(app, sent).await?;
    made.source = Source::Fetched;
    Ok(made)
}
