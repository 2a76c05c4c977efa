//! Forecasting a share whose prices may not be stored.

use chrono::Days;
use closecast_data::provider::{FetchRange, ProviderError};
use closecast_domain::{Exchange, Symbol};

use crate::{
    app::App,
    failure::Failure,
    ops::{
        forecast::{Freshness, forecast},
        forecast_sent::{Sent, Source, forecast_sent},
        history::market_day,
        missing::PATIENCE,
    },
    views::predicted::PredictedView,
};

/// Days fetched where nothing is stored: the slowest feature looks back more than a year.
const DAYS_FETCHED: Days = Days::new(3 * 365);

/// Forecasts `symbol` from its stored prices or, where there are none, from prices fetched for this answer alone.
///
/// # Errors
/// As for [`forecast`], and [`Failure::Provider`] when the prices cannot be fetched.
pub(crate) async fn forecast_b3(app: &App, symbol: &Symbol, model: Option<&str>) -> Result<PredictedView, Failure> {
    match forecast(app, symbol, model, Freshness::Kept).await {
        Ok(answer) => Ok(PredictedView::stored(answer.view.clone(), None)),
        Err(failure) if matches!(failure.cause(), Failure::NoHistory(_)) => fetched(app, symbol, model).await,
        Err(failure) => Err(failure),
    }
}

async fn fetched(app: &App, symbol: &Symbol, model: Option<&str>) -> Result<PredictedView, Failure> {
    let today = market_day(app, Exchange::of(symbol)).today;
    let start = today.checked_sub_days(DAYS_FETCHED).unwrap_or(today);
    let range = FetchRange::new(start, today.succ_opt().unwrap_or(today));
    let fetched = tokio::time::timeout(PATIENCE, app.provider.fetch(symbol, range)).await;
    let mut series = fetched.map_err(|_late| ProviderError::Timeout { after: PATIENCE })??;
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
    Ok(made.into())
}
