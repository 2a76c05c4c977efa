//! Forecasting the next sessions of a symbol with the model in service.

use closecast_domain::{Predict, Symbol};
use closecast_model::LstmModel;

use crate::{app::App, failure::Failure, ops::history, views::forecast::ForecastView};

/// Forecasts `symbol` with the model `model`, or with the one named like the symbol, and keeps the forecast.
///
/// # Errors
/// [`Failure::NoHistory`] or [`Failure::NoModel`] when there is none, [`Failure`] when the model cannot be read or used.
pub(crate) async fn forecast(app: &App, symbol: &Symbol, model: Option<&str>) -> Result<ForecastView, Failure> {
    let loaded = history::load(app, symbol).await?;
    let name = model.unwrap_or(symbol.as_str());
    let Some(version) = app.store.models().in_service(name).await? else {
        return Err(Failure::NoModel { name: name.to_owned(), symbol: symbol.clone() });
    };
    let artifact = app.store.models().artifact(&version).await?;
    let work = move || -> Result<_, Failure> { Ok(LstmModel::from_bytes(&artifact)?.predict(&loaded.history)?) };
    let made = tokio::task::spawn_blocking(work).await.map_err(|panic| Failure::Internal(panic.to_string()))??;
    app.store.forecasts().record(&made, app.clock.now()).await?;
    ForecastView::new(made, &version, loaded.stale)
        .ok_or_else(|| Failure::Internal("a forecast of no session".to_owned()))
}
