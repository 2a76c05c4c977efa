//! Forecasting the next sessions of a symbol with the model in service.

use std::sync::Arc;

use closecast_domain::{Predict, Symbol};
use closecast_model::TrainedModel;

use crate::{
    app::App,
    failure::Failure,
    ops::{
        history, market,
        serving::{self, BASE, Served},
    },
    views::forecast::ForecastView,
};

/// Forecasts `symbol` with the model `model`, or with the one named like the symbol, and keeps the forecast. A symbol without a
/// model of its own is forecast by BASE: the one in service, else the one that ships with the program.
///
/// # Errors
/// [`Failure::NoHistory`] or [`Failure::NoModel`] when there is none, [`Failure`] when the model cannot be read or used.
pub(crate) async fn forecast(app: &App, symbol: &Symbol, model: Option<&str>) -> Result<ForecastView, Failure> {
    let loaded = history::load(app, symbol).await?;
    let served = serving(app, symbol, model).await?;
    let history = match &served.model {
        TrainedModel::Base(_) => market::in_market(app, loaded.history).await?,
        TrainedModel::Lstm(_) => loaded.history,
    };
    let forecaster = Arc::clone(&served);
    let work = move || forecaster.model.predict(&history);
    let made = tokio::task::spawn_blocking(work).await.map_err(|panic| Failure::Internal(panic.to_string()))??;
    app.store.forecasts().record(&made, app.clock.now()).await?;
    ForecastView::new(made, &served.version, loaded.stale)
        .ok_or_else(|| Failure::Internal("a forecast of no session".to_owned()))
}

/// Returns the model that forecasts `symbol`.
async fn serving(app: &App, symbol: &Symbol, model: Option<&str>) -> Result<Arc<Served>, Failure> {
    let name = model.unwrap_or(symbol.as_str());
    if name != BASE
        && let Some(served) = serving::served(app, name).await?
    {
        return Ok(served);
    }
    match model {
        Some(name) if name != BASE => Err(Failure::NoModel { name: name.to_owned(), symbol: symbol.clone() }),
        _ => serving::base(app).await,
    }
}
