//! Forecasting the next sessions of a symbol with the model in service.

use chrono::DateTime;
use closecast_domain::{Card, Predict, Symbol};
use closecast_model::{BaseModel, TrainedModel};
use closecast_store::ModelVersion;

use crate::{
    app::App,
    failure::Failure,
    ops::{history, market},
    views::forecast::ForecastView,
};

/// Name of the model of all symbols.
pub(crate) const BASE: &str = "BASE";

/// Forecasts `symbol` with the model `model`, or with the one named like the symbol, and keeps the forecast. A symbol without a
/// model of its own is forecast by BASE: the one in service, else the one that ships with the program.
///
/// # Errors
/// [`Failure::NoHistory`] or [`Failure::NoModel`] when there is none, [`Failure`] when the model cannot be read or used.
pub(crate) async fn forecast(app: &App, symbol: &Symbol, model: Option<&str>) -> Result<ForecastView, Failure> {
    let loaded = history::load(app, symbol).await?;
    let (version, model) = serving(app, symbol, model).await?;
    let history = match &model {
        TrainedModel::Base(_) => market::in_market(app, loaded.history).await?,
        TrainedModel::Lstm(_) => loaded.history,
    };
    let work = move || model.predict(&history);
    let made = tokio::task::spawn_blocking(work).await.map_err(|panic| Failure::Internal(panic.to_string()))??;
    app.store.forecasts().record(&made, app.clock.now()).await?;
    ForecastView::new(made, &version, loaded.stale)
        .ok_or_else(|| Failure::Internal("a forecast of no session".to_owned()))
}

/// Returns the model that forecasts `symbol`.
async fn serving(app: &App, symbol: &Symbol, model: Option<&str>) -> Result<(ModelVersion, TrainedModel), Failure> {
    let name = model.unwrap_or(symbol.as_str());
    if name != BASE
        && let Some(version) = app.store.models().in_service(name).await?
    {
        return read(app, version).await;
    }
    match model {
        Some(name) if name != BASE => Err(Failure::NoModel { name: name.to_owned(), symbol: symbol.clone() }),
        _ => base(app).await,
    }
}

/// Returns BASE: the one in service, else the one that ships with the program.
///
/// # Errors
/// [`Failure`] when it cannot be read.
pub(crate) async fn base(app: &App) -> Result<(ModelVersion, TrainedModel), Failure> {
    if let Some(version) = app.store.models().in_service(BASE).await?
        && matches!(version.card, Card::Base(_))
        && version.card.symbol().is_none()
    {
        return read(app, version).await;
    }
    let model = BaseModel::shipped()?;
    let version = ModelVersion {
        name: BASE.to_owned(),
        version: 0,
        sha256: model.sha256().to_owned(),
        size_bytes: BaseModel::shipped_size() as u64,
        card: Card::from(model.card().clone()),
        created_at: DateTime::UNIX_EPOCH,
        run_id: None,
    };
    Ok((version, TrainedModel::Base(Box::new(model))))
}

async fn read(app: &App, version: ModelVersion) -> Result<(ModelVersion, TrainedModel), Failure> {
    let artifact = app.store.models().artifact(&version).await?;
    let model = TrainedModel::from_bytes(&artifact)?;
    Ok((version, model))
}
