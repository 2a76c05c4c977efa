//! Forecasting the next sessions of a symbol with the model in service.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use closecast_domain::{Exchange, Forecast, Symbol};
use closecast_model::{TrainedModel, is_model_name};

use crate::{
    cache::Loaded,
    error::AppError,
    services::Services,
    state::{CachedForecast, ForecastKey, LoadedModel, PreparedForecast, Record},
    use_cases::{
        history::{self, market_day},
        market,
        serving::{self, BASE},
    },
};

/// Memory of what is kept of one symbol beside the window of its model: dates, names, the answer.
const OVERHEAD_BYTES: u64 = 16 * 1024;

/// Whether an answer that was made a moment ago will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It will.
    Kept,
    /// Make it anew.
    Anew,
}

/// Forecasts `symbol` with the model `model`, or with the one named like the symbol, and keeps the forecast; where the database
/// cannot be written, the answer says that it is not kept. A symbol without a model of its own is forecast by BASE: the one in
/// service, else the one that ships with the program.
///
/// # Errors
/// [`AppError::NoHistory`] or [`AppError::NoModel`] when there is none, [`AppError::Busy`] when too many wait already, [`AppError`]
/// when the model cannot be read or used.
pub async fn forecast(
    app: &Services,
    symbol: &Symbol,
    model: Option<&str>,
    freshness: Freshness,
) -> Result<Arc<CachedForecast>, AppError> {
    let question = ForecastKey { symbol: symbol.clone(), model: model.map(str::to_owned) };
    let evening = match app.forecasts.get(&question) {
        Some(evening) => evening,
        None => {
            app.forecasts.get_or_load(&question, Box::pin(prepare(app, &question))).await.map_err(AppError::Shared)?
        }
    };
    if freshness == Freshness::Kept
        && let Some(answer) = evening.kept()
    {
        evening.given_out.add_one();
        return Ok(answer);
    }
    evening.record.retry(&app.store, app.clock.now()).await;
    let _place = app.limiter.enter().await?;
    let answer = make(app, &evening)?;
    evening.given_out.add_one();
    Ok(answer)
}

/// Prepares the inputs of the model, and stores the forecast before it is returned: once for each session, and once for all
/// concurrent callers.
async fn prepare(app: &Services, question: &ForecastKey) -> Result<Loaded<PreparedForecast>, AppError> {
    let symbol = &question.symbol;
    let loaded = history::load(app, symbol).await?;
    let served = serving(app, symbol, question.model.as_deref()).await?;
    let history = match &served.model {
        TrainedModel::Base(_) => market::in_market(app, loaded.history).await?,
        TrainedModel::Lstm(_) => loaded.history,
    };
    let exchange = history.exchange();
    let forecaster = Arc::clone(&served);
    let work = move || {
        let prepared = forecaster.model.prepare(&history)?;
        let made = forecaster.model.forecast(&prepared)?;
        Ok::<_, AppError>((prepared, made))
    };
    // The place is for arithmetic: who waits for the database takes none.
    let (prepared, made) = app.limiter.compute(work).await??;
    let record = Record::write(&app.store, app.clock.now(), made).await?;
    let given_out = app.metrics.predictions.of(symbol);
    let memory_bytes = prepared.memory_bytes() as u64 + OVERHEAD_BYTES;
    Ok(Loaded {
        value: PreparedForecast { served, prepared, exchange, given_out, record, answer: Mutex::default() },
        memory_bytes,
    })
}

/// Returns the model that forecasts `symbol`: `model`, or without one that of its name, if it was made for it.
///
/// # Errors
/// [`AppError::NoModel`] when there is none of that name, [`AppError`] when it cannot be read.
pub async fn serving(app: &Services, symbol: &Symbol, model: Option<&str>) -> Result<Arc<LoadedModel>, AppError> {
    let name = model.unwrap_or(symbol.as_str());
    // A model may have had its name before there were prices of that symbol.
    let is_its_own = |served: &LoadedModel| served.version.card.symbol().is_none_or(|other| other == symbol);
    if name != BASE
        && is_model_name(name)
        && let Some(served) = serving::served(app, name).await?
        && (model.is_some() || is_its_own(&served))
    {
        return Ok(served);
    }
    match model {
        Some(name) if name != BASE => Err(AppError::NoModel { name: name.to_owned(), symbol: symbol.clone() }),
        _ => serving::base(app).await,
    }
}

/// Lets the network forecast.
fn make(app: &Services, evening: &PreparedForecast) -> Result<Arc<CachedForecast>, AppError> {
    let begun = Instant::now();
    let forecast = with_sessions(evening.served.model.forecast(&evening.prepared)?)?;
    app.metrics.inference.record(begun.elapsed());
    let stale = is_stale(app, &forecast, evening.exchange);
    let answer = Arc::new(CachedForecast::new(forecast, &evening.served, stale, evening.record.warning()));
    *evening.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&answer));
    Ok(answer)
}

/// Returns whether the exchange has settled a session since the forecast's prices.
pub(super) fn is_stale(app: &Services, forecast: &Forecast, exchange: Exchange) -> bool {
    forecast.as_of < market_day(app, exchange).last_settled
}

/// Returns the forecast, which has a session.
///
/// # Errors
/// [`AppError::Internal`] when it has none.
pub(super) fn with_sessions(forecast: Forecast) -> Result<Forecast, AppError> {
    if forecast.sessions.is_empty() {
        Err(AppError::Internal("a forecast of no session".to_owned()))
    } else {
        Ok(forecast)
    }
}
