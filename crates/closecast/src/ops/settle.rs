//! What became of forecasts: their closes, once these are known.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use closecast_domain::{Exchange, History, Symbol};
use closecast_eval::{Awaited, Settlement};
use closecast_store::Unsettled;
use serde::Serialize;

use crate::{
    app::App,
    failure::Failure,
    ops::history::{self, market_day},
};

/// Forecasts settled in one transaction.
const AT_ONCE: usize = 1000;

/// How long a session that the source lacks is waited for: sources do add a day late.
const PATIENCE: TimeDelta = TimeDelta::days(30);

/// What was settled.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Settled {
    /// Forecasts whose close is known now.
    pub(crate) closed: usize,
    /// Forecasts of days that turned out to be no sessions.
    pub(crate) void: usize,
    /// Forecasts that still wait.
    pub(crate) waiting: usize,
    /// Symbols whose prices could not be read, and why.
    pub(crate) unreadable: BTreeMap<String, String>,
}

/// Enters the closes of all forecasts whose session is stored.
///
/// # Errors
/// [`Failure::Store`] when the store cannot be read or written. A symbol whose prices are of no use does not stop the others.
pub(crate) async fn settle(app: &App) -> Result<Settled, Failure> {
    let today = app.clock.now().date_naive() + TimeDelta::days(1);
    let mut settled = Settled::default();
    for symbol in app.store.forecasts().unsettled_symbols(today).await? {
        match history::load(app, &symbol).await {
            Ok(loaded) => settle_symbol(app, &symbol, &loaded.history, &mut settled).await?,
            Err(failure @ (Failure::NoHistory(_) | Failure::History(_))) => {
                settled.unreadable.insert(symbol.to_string(), failure.to_string());
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(settled)
}

async fn settle_symbol(app: &App, symbol: &Symbol, history: &History, settled: &mut Settled) -> Result<(), Failure> {
    let until = history.last().date.max(market_day(app, Exchange::of(symbol)).last_settled);
    let waiting = app.store.forecasts().unsettled(symbol, until, i64::MAX.unsigned_abs()).await?;
    let mut closes = Vec::new();
    for forecast in waiting {
        match outcome(&forecast, history, until) {
            Some(close) => closes.push((forecast.id, close)),
            None => settled.waiting += 1,
        }
    }
    for chunk in closes.chunks(AT_ONCE) {
        app.store.forecasts().settle(chunk, app.clock.now()).await?;
    }
    settled.closed += closes.iter().filter(|(_, close)| close.is_some()).count();
    settled.void += closes.iter().filter(|(_, close)| close.is_none()).count();
    Ok(())
}

/// Returns the close of a forecast, `Some(None)` for one that will never have any, and `None` for one that still waits.
fn outcome(waiting: &Unsettled, history: &History, until: NaiveDate) -> Option<Option<f64>> {
    let forecast = &waiting.forecast;
    let awaited = Awaited { as_of: forecast.as_of, last_close: forecast.last_close, target: forecast.target_date };
    match awaited.settle(history) {
        Settlement::Closed(realised) => Some(Some(realised.close)),
        Settlement::NoSession | Settlement::NoOrigin if until - forecast.target_date > PATIENCE => Some(None),
        Settlement::Waiting | Settlement::NoSession | Settlement::NoOrigin => None,
    }
}
