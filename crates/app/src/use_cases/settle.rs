//! What became of forecasts: their closes, once these are known.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use closecast_domain::{Cancel, Exchange, ForecastError, History, Symbol};
use closecast_eval::{PendingForecast, Settlement};
use closecast_store::{StoreError, Unsettled};
use serde::Serialize;

use crate::{
    error::AppError,
    services::Services,
    use_cases::history::{self, market_day},
};

/// Forecasts settled in one transaction.
const AT_ONCE: u64 = 1000;

/// How long a session that the source lacks is waited for: sources do add a day late.
const PATIENCE: TimeDelta = TimeDelta::days(30);

/// What was settled.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// Forecasts whose close is known now.
    pub closed: usize,
    /// Forecasts of days that turned out to be no sessions.
    pub void: usize,
    /// Forecasts that still wait.
    pub waiting: usize,
    /// Symbols whose prices could not be read, and why.
    pub unreadable: BTreeMap<String, String>,
}

/// Enters the closes of all forecasts whose session is stored.
///
/// # Errors
/// [`AppError::Store`] when the store cannot be read or written, [`AppError::Forecast`] when it was cancelled; what was entered
/// by then stays. A symbol whose prices are of no use does not stop the others.
pub async fn settle(app: &Services, cancel: &Cancel) -> Result<Settled, AppError> {
    let today = app.clock.now().date_naive() + TimeDelta::days(1);
    let mut settled = Settled::default();
    for symbol in app.store.forecasts().unsettled_symbols(today).await? {
        match history::load(app, &symbol).await {
            Ok(loaded) => settle_symbol(app, (&symbol, &loaded.history), &mut settled, cancel).await?,
            Err(
                failure @ (AppError::NoHistory(_) | AppError::History(_) | AppError::Store(StoreError::Row { .. })),
            ) => {
                settled.unreadable.insert(symbol.to_string(), failure.to_string());
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(settled)
}

/// Enters the closes of the forecasts of symbols whose prices have just been stored. Failing at that is told to the log alone: the prices are
/// stored all the same, and the next time makes up for it.
pub async fn settle_of(app: &Services, symbols: &[&Symbol]) {
    let today = app.clock.now().date_naive() + TimeDelta::days(1);
    let settling = async {
        let waiting = app.store.forecasts().unsettled_symbols(today).await?;
        for symbol in waiting.iter().filter(|symbol| symbols.contains(symbol)) {
            let loaded = history::load(app, symbol).await?;
            settle_symbol(app, (symbol, &loaded.history), &mut Settled::default(), &Cancel::new()).await?;
        }
        Ok::<(), AppError>(())
    };
    if let Err(failure) = settling.await {
        tracing::warn!("forecasts could not be set beside the new prices: {failure}");
    }
}

async fn settle_symbol(
    app: &Services,
    (symbol, history): (&Symbol, &History),
    settled: &mut Settled,
    cancel: &Cancel,
) -> Result<(), AppError> {
    let until = history.last().date.max(market_day(app, Exchange::of(symbol)).last_settled);
    let mut after = None;
    loop {
        if cancel.is_cancelled() {
            return Err(ForecastError::Cancelled.into());
        }
        let waiting = app.store.forecasts().unsettled(symbol, until, after, AT_ONCE).await?;
        let Some(last) = waiting.last() else { return Ok(()) };
        after = Some(last.id);
        let outcomes = waiting.iter().map(|forecast| (forecast.id, outcome(forecast, history, until)));
        let closes: Vec<_> = outcomes.filter_map(|(id, close)| Some((id, close?))).collect();
        app.store.forecasts().settle(&closes, app.clock.now()).await?;
        settled.waiting += waiting.len() - closes.len();
        settled.closed += closes.iter().filter(|(_, close)| close.is_some()).count();
        settled.void += closes.iter().filter(|(_, close)| close.is_none()).count();
    }
}

/// Returns the close of a forecast, `Some(None)` for one that will never have any, and `None` for one that still waits.
fn outcome(waiting: &Unsettled, history: &History, until: NaiveDate) -> Option<Option<f64>> {
    let forecast = &waiting.forecast;
    let awaited =
        PendingForecast { as_of: forecast.as_of, last_close: forecast.last_close, target: forecast.target_date };
    match awaited.settle(history) {
        Settlement::Closed(realised) => Some(Some(realised.close)),
        Settlement::NoSession | Settlement::NoOrigin if until - forecast.target_date > PATIENCE => Some(None),
        Settlement::Waiting | Settlement::NoSession | Settlement::NoOrigin => None,
    }
}
