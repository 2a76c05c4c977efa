//! Protects a source with a rate limit, retries with backoff, and a circuit breaker.
//!
//! A fetch passes through `retry → circuit breaker → rate limiter → provider`, so every attempt is rate-limited and
//! counted.

mod breaker;
mod rate_limiter;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use closecast_domain::{Clock, RawSeries, Symbol};

pub use self::breaker::State;
use self::{breaker::CircuitBreaker, rate_limiter::RateLimiter};
use crate::provider::{FetchRange, Provider, ProviderError};

/// Rate limit, retries and circuit breaker.
#[derive(Clone, Debug, PartialEq)]
pub struct ResilienceSettings {
    /// Requests per second of all callers together. Zero, a negative number or NaN disables the limit.
    pub requests_per_second: f64,
    /// Maximum number of retries.
    pub max_retries: usize,
    /// Delay before the first retry; doubled for each further one, plus a random part of up to the same length.
    pub initial_backoff: Duration,
    /// Maximum delay before the random part.
    pub max_backoff: Duration,
    /// Maximum total delay of one fetch. If the source requires more, there is no retry.
    pub max_total_wait: Duration,
    /// Consecutive failures that open the circuit breaker.
    pub failures_to_open: u32,
    /// How long it stays open.
    pub cool_down: Duration,
}

impl Default for ResilienceSettings {
    fn default() -> Self {
        Self {
            requests_per_second: 2.0,
            max_retries: 3,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(10),
            max_total_wait: Duration::from_secs(45),
            failures_to_open: 8,
            cool_down: Duration::from_secs(60),
        }
    }
}

/// A provider with rate limit, retries and circuit breaker, which all tasks share.
pub struct ResilientProvider<P> {
    inner: P,
    settings: ResilienceSettings,
    rate_limiter: RateLimiter,
    breaker: CircuitBreaker,
}

impl<P> std::fmt::Debug for ResilientProvider<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResilientProvider")
            .field("settings", &self.settings)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl<P> ResilientProvider<P> {
    /// Wraps `inner`; `clock` determines when an open breaker admits a trial.
    #[must_use]
    pub fn new(inner: P, settings: ResilienceSettings, clock: Arc<dyn Clock>) -> Self {
        let rate_limiter = RateLimiter::new(settings.requests_per_second);
        let breaker = CircuitBreaker::new(settings.failures_to_open, settings.cool_down, clock);
        Self { inner, settings, rate_limiter, breaker }
    }

    /// Returns the state of the circuit breaker.
    #[must_use]
    pub fn state(&self) -> State {
        self.breaker.state()
    }
}

impl<P: Provider> ResilientProvider<P> {
    async fn attempt(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        let admission = self.breaker.admit()?;
        self.rate_limiter.wait().await;
        let outcome = self.inner.fetch(symbol, range).await;
        match &outcome {
            Err(ProviderError::CircuitOpen { .. } | ProviderError::Misconfigured { .. }) => drop(admission),
            Err(error) if error.is_source_failure() => admission.failed(error.retry_after()),
            // An unknown symbol is a valid response: the source works.
            Ok(_) | Err(_) => admission.succeeded(),
        }
        outcome
    }

    /// Returns whether to retry. Not if the breaker would reject the retry: the original error is more useful to the
    /// caller.
    fn should_retry(&self, error: &ProviderError) -> bool {
        error.is_retryable() && matches!(self.state(), State::Closed { .. })
    }
}

#[async_trait]
impl<P: Provider> Provider for ResilientProvider<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn fetch(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        let waits = ExponentialBuilder::new()
            .with_min_delay(self.settings.initial_backoff)
            .with_max_delay(self.settings.max_backoff)
            .with_max_times(self.settings.max_retries)
            .with_jitter();
        let mut left = self.settings.max_total_wait;
        (|| self.attempt(symbol, range))
            .retry(waits)
            .when(|error| self.should_retry(error))
            .adjust(|error, planned| {
                let wait = planned?.max(error.retry_after().unwrap_or_default());
                left = left.checked_sub(wait)?;
                Some(wait)
            })
            .notify(|error, wait| tracing::warn!(provider = self.name(), %symbol, %error, ?wait, "retrying a fetch"))
            .await
    }
}
