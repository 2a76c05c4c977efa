//! The services of the program, built once and handed to commands and routes.

use std::{ops::Deref, sync::Arc};

use closecast_data::{
    cache::{CacheSettings, CachedProvider},
    provider::{Provider, ProviderError},
    resilience::{ResilienceSettings, ResilientProvider},
    yahoo::{YahooProvider, YahooSettings},
};
use closecast_domain::{Clock, SystemClock};
use closecast_store::Store;

use crate::{
    config::Settings,
    failure::Failure,
    gate::{Gate, Rooms},
    live::Hub,
    memory::{self, Plan},
    monitor::Monitor,
    ops::{forecast::Evenings, market::MarketCache, serving::Models},
    readiness::Readiness,
    security::Security,
};

/// Received files that may wait until they are read.
const IMPORTS_WAITING: usize = 64;

/// The services, shared by all who have a copy of this.
#[derive(Clone)]
pub(crate) struct App(Arc<Services>);

/// What [`App`] gives access to.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) settings: Arc<Settings>,
    pub(crate) memory: Plan,
    /// Whether this process works on jobs itself; otherwise other processes do, with memory of their own.
    pub(crate) works_on_jobs: bool,
    pub(crate) store: Store,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) markets: Arc<MarketCache>,
    pub(crate) models: Arc<Models>,
    pub(crate) evenings: Arc<Evenings>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) rooms: Arc<Rooms>,
    /// Files of prices that are read at a time.
    pub(crate) imports: Arc<Gate>,
    pub(crate) security: Arc<Security>,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) live: Arc<Hub>,
    pub(crate) monitor: Arc<Monitor>,
}

impl App {
    /// Opens the store and sets up the data provider.
    ///
    /// # Errors
    /// [`Failure`] when the data folder or the database cannot be used.
    pub(crate) async fn open(settings: Settings) -> Result<Self, Failure> {
        let memory = Plan::new(memory::available(&settings), &settings);
        // Until a server or a worker is started.
        memory.limit_trainings(false);
        let store = Store::open(settings.store()?).await?.with_max_artifact_bytes(memory.artifact);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let provider = provider(&settings, memory.provider_bars, &clock)?;
        let models = Arc::new(Models::new(settings.server.model_cache.bytes()));
        let monitor = Arc::new(Monitor::new(clock.as_ref()));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self(Arc::new(Services {
            memory,
            works_on_jobs: false,
            store,
            provider,
            clock,
            markets: Arc::default(),
            models,
            evenings: Arc::new(Evenings::new(settings.server.forecast_cache.bytes())),
            live: Arc::default(),
            gate: Arc::new(Gate::new(cores, settings.server.queue)),
            rooms: Arc::new(Rooms::new(&settings.server.limits)),
            imports: Arc::new(Gate::new(memory.imports_at_a_time, IMPORTS_WAITING)),
            readiness: Arc::default(),
            security: Arc::new(Security::new(&settings.server.limits)),
            monitor,
            settings: Arc::new(settings),
        })))
    }

    /// Returns the same services, of which some are changed.
    pub(crate) fn with(self, change: impl FnOnce(&mut Services)) -> Self {
        let mut services = Arc::unwrap_or_clone(self.0);
        change(&mut services);
        Self(Arc::new(services))
    }
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// Returns Yahoo Finance behind a short memory, a rate limit, retries and a circuit breaker.
fn provider(settings: &Settings, max_bars: usize, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Provider>, ProviderError> {
    let mut yahoo = YahooSettings::default();
    if let Some(url) = &settings.yahoo_url {
        yahoo.base_urls = vec![url.clone()];
    }
    let guard = ResilienceSettings {
        requests_per_second: f64::from(settings.requests_per_second),
        ..ResilienceSettings::default()
    };
    let client = YahooProvider::new(yahoo, Arc::clone(clock))?;
    let guarded = ResilientProvider::new(client, guard, Arc::clone(clock));
    let cache = CacheSettings { max_bars, ..CacheSettings::default() };
    Ok(Arc::new(CachedProvider::new(guarded, cache, Arc::clone(clock))))
}
