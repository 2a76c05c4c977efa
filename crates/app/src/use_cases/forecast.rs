//! Forecasting the next sessions of a symbol with the model in service.

mod record;

use std::{
    any::Any,
    collections::BTreeSet,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use closecast_domain::{Exchange, Forecast, Symbol};
use closecast_model::{PreparedInput, TrainedModel, is_model_name};

use self::record::{RETRY, Record};

use crate::{
    cache::{Loaded, SharedCache},
    error::Failure,
    metrics::Counter,
    services::App,
    use_cases::{
        history::{self, market_day},
        market,
        serving::{self, BASE, Served},
    },
};

/// How long an answer is given again before it is made anew: whether prices are stale depends on the time.
const KEPT: Duration = Duration::from_secs(30);

/// Memory of what is kept of one symbol beside the window of its model: dates, names, the answer.
const OVERHEAD_BYTES: u64 = 16 * 1024;

/// A forecast that is kept for a while.
pub struct Answer {
    /// The forecast of at least one session, in prices.
    pub forecast: Forecast,
    /// The model that made it.
    pub served: Arc<Served>,
    /// The prices are older than the exchange's last settled session.
    pub stale: bool,
    /// Why the forecast is not in the database, if it is not.
    pub warning: Option<String>,
    made_at: Instant,
    /// The same in the form in which a front end shows it.
    representation: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Answer {
    /// Returns the form in which a front end shows the forecast: made by `make` once, and kept as long as the forecast is. A process has
    /// one front end, and therefore one type `T`; for another type it is made anew.
    pub fn representation<T: Send + Sync + 'static>(&self, make: impl Fn(&Self) -> T) -> Arc<T> {
        let kept = self.representation.get_or_init(|| Arc::new(make(self)));
        Arc::clone(kept).downcast().unwrap_or_else(|_| Arc::new(make(self)))
    }
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    symbol: Symbol,
    /// Name of the model; the symbol's own when absent.
    model: Option<String>,
}

/// The last evening of a symbol, prepared for the model that forecasts it.
pub struct Evening {
    served: Arc<Served>,
    prepared: PreparedInput,
    exchange: Exchange,
    /// Forecasts of the symbol that were given out.
    given_out: Arc<Counter>,
    /// Whether its forecast is in the database.
    record: Record,
    answer: Mutex<Option<Arc<Answer>>>,
}

/// The evenings that are kept.
pub type Evenings = SharedCache<Question, Evening, Failure>;

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
/// [`Failure::NoHistory`] or [`Failure::NoModel`] when there is none, [`Failure::Busy`] when too many wait already, [`Failure`]
/// when the model cannot be read or used.
pub async fn forecast(
    app: &App,
    symbol: &Symbol,
    model: Option<&str>,
    freshness: Freshness,
) -> Result<Arc<Answer>, Failure> {
    let question = Question { symbol: symbol.clone(), model: model.map(str::to_owned) };
    let evening = match app.evenings.get(&question) {
        Some(evening) => evening,
        None => {
            app.evenings.get_or_load(&question, Box::pin(prepare(app, &question))).await.map_err(Failure::Shared)?
        }
    };
    if freshness == Freshness::Kept
        && let Some(answer) = evening.kept()
    {
        evening.given_out.add_one();
        return Ok(answer);
    }
    evening.record.retry(app).await;
    let _place = app.gate.enter().await?;
    let answer = evening.make(app)?;
    evening.given_out.add_one();
    Ok(answer)
}

/// Forgets what is known of symbols whose prices changed. The market of an exchange is made of all its symbols, so that
/// whoever looks at it is forgotten too.
pub fn forget_symbols(evenings: &Evenings, symbols: &BTreeSet<Symbol>) {
    let exchanges: Vec<Exchange> = symbols.iter().map(Exchange::of).collect();
    evenings.drop_where(|question, evening| {
        let looks_at_market = matches!(evening.served.model, TrainedModel::Base(_));
        symbols.contains(&question.symbol) || (looks_at_market && exchanges.contains(&evening.exchange))
    });
}

/// Forgets what was forecast, or might now be forecast, by the models `names`.
pub fn forget_models(evenings: &Evenings, names: &BTreeSet<String>) {
    evenings.drop_where(|question, evening| {
        names.contains(&evening.served.version.name)
            || names.contains(question.symbol.as_str())
            || question.model.as_ref().is_some_and(|model| names.contains(model))
    });
}

/// Computes what takes the history, and keeps the forecast in the database before anybody is told: once an evening, and once for
/// all who ask at the same time.
async fn prepare(app: &App, question: &Question) -> Result<Loaded<Evening>, Failure> {
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
        Ok::<_, Failure>((prepared, made))
    };
    // The place is for arithmetic: who waits for the database takes none.
    let (prepared, made) = app.gate.compute(work).await??;
    let record = Record::write(app, made).await?;
    let given_out = app.metrics.predictions.of(symbol);
    let memory_bytes = prepared.memory_bytes() as u64 + OVERHEAD_BYTES;
    Ok(Loaded {
        value: Evening { served, prepared, exchange, given_out, record, answer: Mutex::default() },
        memory_bytes,
    })
}

/// Returns the model that forecasts `symbol`: `model`, or without one that of its name, if it was made for it.
///
/// # Errors
/// [`Failure::NoModel`] when there is none of that name, [`Failure`] when it cannot be read.
pub async fn serving(app: &App, symbol: &Symbol, model: Option<&str>) -> Result<Arc<Served>, Failure> {
    let name = model.unwrap_or(symbol.as_str());
    // A model may have had its name before there were prices of that symbol.
    let is_its_own = |served: &Served| served.version.card.symbol().is_none_or(|other| other == symbol);
    if name != BASE
        && is_model_name(name)
        && let Some(served) = serving::served(app, name).await?
        && (model.is_some() || is_its_own(&served))
    {
        return Ok(served);
    }
    match model {
        Some(name) if name != BASE => Err(Failure::NoModel { name: name.to_owned(), symbol: symbol.clone() }),
        _ => serving::base(app).await,
    }
}

impl Evening {
    /// Returns the answer of a moment ago.
    fn kept(&self) -> Option<Arc<Answer>> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let kept = if answer.warning.is_none() { KEPT } else { RETRY };
        (answer.made_at.elapsed() < kept).then_some(answer)
    }

    /// Lets the network forecast.
    fn make(&self, app: &App) -> Result<Arc<Answer>, Failure> {
        let begun = Instant::now();
        let forecast = with_sessions(self.served.model.forecast(&self.prepared)?)?;
        app.metrics.inference.record(begun.elapsed());
        let answer = Arc::new(Answer {
            stale: is_stale(app, &forecast, self.exchange),
            forecast,
            served: Arc::clone(&self.served),
            warning: self.record.warning(),
            made_at: Instant::now(),
            representation: OnceLock::new(),
        });
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&answer));
        Ok(answer)
    }
}

/// Returns whether the exchange has settled a session since the forecast's prices.
pub(super) fn is_stale(app: &App, forecast: &Forecast, exchange: Exchange) -> bool {
    forecast.as_of < market_day(app, exchange).last_settled
}

/// Returns the forecast, which has a session.
///
/// # Errors
/// [`Failure::Internal`] when it has none.
pub(super) fn with_sessions(forecast: Forecast) -> Result<Forecast, Failure> {
    if forecast.sessions.is_empty() {
        Err(Failure::Internal("a forecast of no session".to_owned()))
    } else {
        Ok(forecast)
    }
}
