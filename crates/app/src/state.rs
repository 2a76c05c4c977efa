//! What the services keep in memory between calls: loaded models, forecasts, markets, findings of health.

mod forecast_cache;
mod forecast_record;
mod health_cache;
mod loaded_model;
mod market_cache;

pub use self::{
    forecast_cache::{CachedForecast, ForecastCache, ForecastKey, PreparedForecast, forget_models, forget_symbols},
    forecast_record::{RETRY, Record},
    health_cache::{Health, KeptHealth, Subject},
    loaded_model::{LoadedModel, Models},
    market_cache::{MarketCache, MarketKey},
};
