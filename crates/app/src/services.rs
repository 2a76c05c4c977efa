//! The services of the program, built once and handed to commands, routes and jobs.

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
    error::AppError,
    limiter::ConcurrencyLimiter,
    memory::Plan,
    metrics::Metrics,
    options::ServiceOptions,
    result_format::ResultFormat,
    state::{ForecastCache, KeptHealth, MarketCache, Models},
};

/// Files of prices that may wait until they are read.
const IMPORTS_WAITING: usize = 64;

/// The services, shared by all copies of this.
#[derive(Clone)]
pub struct Services(Arc<Parts>);

/// What [`Services`] gives access to.
#[derive(Clone)]
pub struct Parts {
    /// What they were set up with.
    pub options: Arc<ServiceOptions>,
    /// How the memory of the process is divided.
    pub memory: Plan,
    /// Whether this process works on jobs itself; otherwise other processes do, with memory of their own.
    pub works_on_jobs: bool,
    /// Database and artifacts.
    pub store: Store,
    /// The price source.
    pub provider: Arc<dyn Provider>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Features of whole exchanges.
    pub markets: Arc<MarketCache>,
    /// Models that are kept loaded.
    pub models: Arc<Models>,
    /// Forecasts that are kept ready.
    pub forecasts: Arc<ForecastCache>,
    /// Limits computations to the number of processors.
    pub limiter: Arc<ConcurrencyLimiter>,
    /// Limits the files of prices that are read at a time.
    pub imports: Arc<ConcurrencyLimiter>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What was found of the models' health lately.
    pub healths: Arc<KeptHealth>,
    /// How results are written.
    pub result_format: Arc<dyn ResultFormat>,
}

impl Services {
    /// Opens the store and sets up the data provider.
    ///
    /// # Errors
    /// [`AppError`] when the data folder or the database cannot be used.
    pub async fn open(options: ServiceOptions, result_format: Arc<dyn ResultFormat>) -> Result<Self, AppError> {
        let memory = options.memory;
        // Until a server or a worker is started.
        memory.limit_trainings(false);
        let store = Store::open(options.store.clone()).await?.with_max_artifact_bytes(memory.artifact);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let provider = provider(&options, memory.provider_bars, &clock)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self(Arc::new(Parts {
            memory,
            works_on_jobs: false,
            store,
            provider,
            clock,
            markets: Arc::default(),
            models: Arc::new(Models::new(options.model_cache.bytes())),
            forecasts: Arc::new(ForecastCache::new(options.forecast_cache.bytes())),
            limiter: Arc::new(ConcurrencyLimiter::new(cores, options.queue)),
            imports: Arc::new(ConcurrencyLimiter::new(memory.imports_at_a_time, IMPORTS_WAITING)),
            metrics: Arc::default(),
            healths: Arc::default(),
            result_format,
            options: Arc::new(options),
        })))
    }

    /// Returns the same services, of which some are changed.
    #[must_use]
    pub fn with(self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Arc::unwrap_or_clone(self.0);
        change(&mut parts);
        Self(Arc::new(parts))
    }
}

impl Deref for Services {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Returns Yahoo Finance behind a short memory, a rate limit, retries and a circuit breaker.
fn provider(
    options: &ServiceOptions,
    max_bars: usize,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Provider>, ProviderError> {
    let mut yahoo = YahooSettings::default();
    if let Some(url) = &options.yahoo_url {
        yahoo.base_urls = vec![url.clone()];
    }
    let guard = ResilienceSettings {
        requests_per_second: f64::from(options.requests_per_second),
        ..ResilienceSettings::default()
    };
    let client = YahooProvider::new(yahoo, Arc::clone(clock))?;
    let guarded = ResilientProvider::new(client, guard, Arc::clone(clock));
    let cache = CacheSettings { max_bars, ..CacheSettings::default() };
    Ok(Arc::new(CachedProvider::new(guarded, cache, Arc::clone(clock))))
}
