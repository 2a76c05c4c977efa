//! Manners towards a source: a pace, retries that wait longer each time, and leaving it alone once it keeps failing.
//!
//! One fetch goes `retry → circuit breaker → pace → provider`, so every attempt is paced and counted.

mod breaker;
mod pace;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use closecast_domain::{Clock, RawSeries, Symbol};

pub use self::breaker::State;
use self::{breaker::CircuitBreaker, pace::Pace};
use crate::provider::{FetchRange, Provider, ProviderError};

/// How a source is treated.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardSettings {
    /// Requests a second, all callers together. Zero, a negative figure or NaN means no limit.
    pub requests_per_second: f64,
    /// Attempts after the first one.
    pub max_retries: usize,
    /// Wait before the first retry; doubled for each further one, with a random part of up to as much again added.
    pub first_wait: Duration,
    /// Longest wait that doubling leads to, before the random part.
    pub longest_wait: Duration,
    /// Most that one fetch waits between its attempts in all. A source that asks for more is not asked again.
    pub total_wait: Duration,
    /// Failures in a row after which the source is left alone.
    pub failures_to_open: u32,
    /// How long it is left alone.
    pub cool_down: Duration,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            requests_per_second: 2.0,
            max_retries: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(10),
            total_wait: Duration::from_secs(45),
            failures_to_open: 8,
            cool_down: Duration::from_secs(60),
        }
    }
}

/// A provider that is asked politely. Safe to share between tasks; all of them share one pace and one breaker.
pub struct Guarded<P> {
    inner: P,
    settings: GuardSettings,
    pace: Pace,
    breaker: CircuitBreaker,
}

impl<P> std::fmt::Debug for Guarded<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded")
            .field("settings", &self.settings)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl<P> Guarded<P> {
    /// Returns `inner` under `settings`; `clock` tells when a source that was left alone is asked again.
    #[must_use]
    pub fn new(inner: P, settings: GuardSettings, clock: Arc<dyn Clock>) -> Self {
        let pace = Pace::new(settings.requests_per_second);
        let breaker = CircuitBreaker::new(settings.failures_to_open, settings.cool_down, clock);
        Self { inner, settings, pace, breaker }
    }

    /// Returns whether the source is asked at the moment.
    #[must_use]
    pub fn state(&self) -> State {
        self.breaker.state()
    }
}

impl<P: Provider> Guarded<P> {
    async fn attempt(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        let admission = self.breaker.admit()?;
        self.pace.wait().await;
        let outcome = self.inner.fetch(symbol, range).await;
        match &outcome {
            Err(ProviderError::CircuitOpen { .. } | ProviderError::Misconfigured { .. }) => drop(admission),
            Err(error) if error.is_source_failure() => admission.failed(error.retry_after()),
            // An unknown symbol is an answer: the source is alive.
            Ok(_) | Err(_) => admission.answered(),
        }
        outcome
    }

    /// Returns whether another attempt makes sense. Not when the breaker would refuse it: the cause is worth more to
    /// the caller than "left alone".
    fn worth_a_retry(&self, error: &ProviderError) -> bool {
        error.is_retryable() && matches!(self.state(), State::Closed { .. })
    }
}

#[async_trait]
impl<P: Provider> Provider for Guarded<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn fetch(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        let waits = ExponentialBuilder::new()
            .with_min_delay(self.settings.first_wait)
            .with_max_delay(self.settings.longest_wait)
            .with_max_times(self.settings.max_retries)
            .with_jitter();
        let mut left = self.settings.total_wait;
        (|| self.attempt(symbol, range))
            .retry(waits)
            .when(|error| self.worth_a_retry(error))
            .adjust(|error, planned| {
                let wait = planned?.max(error.retry_after().unwrap_or_default());
                left = left.checked_sub(wait)?;
                Some(wait)
            })
            .notify(|error, wait| tracing::warn!(provider = self.name(), %symbol, %error, ?wait, "retrying a fetch"))
            .await
    }
}
