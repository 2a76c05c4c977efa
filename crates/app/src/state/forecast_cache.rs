//! Forecasts that are kept ready.

use std::{
    any::Any,
    collections::BTreeSet,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use closecast_domain::{Exchange, Forecast, Symbol};
use closecast_model::{PreparedInput, TrainedModel};

use super::{
    forecast_record::{RETRY, Record},
    loaded_model::LoadedModel,
};
use crate::{cache::SharedCache, error::AppError, metrics::Counter};

/// How long an answer is given again before it is made anew: whether prices are stale depends on the time.
const KEPT: Duration = Duration::from_secs(30);

/// A forecast that is kept for a while.
pub struct CachedForecast {
    /// The forecast of at least one session, in prices.
    pub forecast: Forecast,
    /// The model that made it.
    pub served: Arc<LoadedModel>,
    /// The prices are older than the exchange's last settled session.
    pub stale: bool,
    /// Why the forecast is not in the database, if it is not.
    pub warning: Option<String>,
    made_at: Instant,
    /// The same in the form in which a front end shows it.
    representation: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl CachedForecast {
    /// Returns a forecast that was made now by `served`.
    pub(crate) fn new(forecast: Forecast, served: &Arc<LoadedModel>, stale: bool, warning: Option<String>) -> Self {
        let (served, made_at) = (Arc::clone(served), Instant::now());
        Self { forecast, served, stale, warning, made_at, representation: OnceLock::new() }
    }

    /// Returns the form in which a front end shows the forecast: made by `make` once, and kept as long as the forecast is. A process has
    /// one front end, and therefore one type `T`; for another type it is made anew.
    pub fn representation<T: Send + Sync + 'static>(&self, make: impl Fn(&Self) -> T) -> Arc<T> {
        let kept = self.representation.get_or_init(|| Arc::new(make(self)));
        Arc::clone(kept).downcast().unwrap_or_else(|_| Arc::new(make(self)))
    }
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ForecastKey {
    pub(crate) symbol: Symbol,
    /// Name of the model; the symbol's own when absent.
    pub(crate) model: Option<String>,
}

/// The last evening of a symbol, prepared for the model that forecasts it.
pub struct PreparedForecast {
    pub(crate) served: Arc<LoadedModel>,
    pub(crate) prepared: PreparedInput,
    pub(crate) exchange: Exchange,
    /// Forecasts of the symbol that were given out.
    pub(crate) given_out: Arc<Counter>,
    /// Whether its forecast is in the database.
    pub(crate) record: Record,
    pub(crate) answer: Mutex<Option<Arc<CachedForecast>>>,
}

/// The evenings that are kept.
pub type ForecastCache = SharedCache<ForecastKey, PreparedForecast, AppError>;

impl PreparedForecast {
    /// Returns the answer of a moment ago.
    pub(crate) fn kept(&self) -> Option<Arc<CachedForecast>> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let kept = if answer.warning.is_none() { KEPT } else { RETRY };
        (answer.made_at.elapsed() < kept).then_some(answer)
    }
}

/// Drops the forecasts of symbols whose prices changed. The market of an exchange is computed from all its symbols, so that the
/// forecasts of models that use it are dropped too.
pub fn forget_symbols(evenings: &ForecastCache, symbols: &BTreeSet<Symbol>) {
    let exchanges: Vec<Exchange> = symbols.iter().map(Exchange::of).collect();
    evenings.drop_where(|question, evening| {
        let looks_at_market = matches!(evening.served.model, TrainedModel::Base(_));
        symbols.contains(&question.symbol) || (looks_at_market && exchanges.contains(&evening.exchange))
    });
}

/// Drops the forecasts that were made, or might now be made, by the models `names`.
pub fn forget_models(evenings: &ForecastCache, names: &BTreeSet<String>) {
    evenings.drop_where(|question, evening| {
        names.contains(&evening.served.version.name)
            || names.contains(question.symbol.as_str())
            || question.model.as_ref().is_some_and(|model| names.contains(model))
    });
}
