//! A circuit breaker: after repeated failures, requests are rejected for a while, then one trial is admitted.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use closecast_domain::Clock;

use crate::provider::ProviderError;

/// State of the circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Requests are admitted.
    Closed {
        /// Failures in a row so far.
        failures: u32,
    },
    /// Requests are rejected.
    Open {
        /// When a trial request will be admitted.
        until: DateTime<Utc>,
    },
    /// A trial request is in flight; others are rejected until it ends.
    HalfOpen,
}

/// Counts failures and rejects requests accordingly.
pub(super) struct CircuitBreaker {
    failures_to_open: u32,
    cool_down: Duration,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// When it last opened.
    opened_at: Mutex<DateTime<Utc>>,
}

impl CircuitBreaker {
    /// Returns a closed breaker that opens for `cool_down` after `failures_to_open` consecutive failures, at least one.
    pub(super) fn new(failures_to_open: u32, cool_down: Duration, clock: Arc<dyn Clock>) -> Self {
        let state = Mutex::new(State::Closed { failures: 0 });
        let opened_at = Mutex::new(DateTime::<Utc>::MIN_UTC);
        Self { failures_to_open: failures_to_open.max(1), cool_down, clock, state, opened_at }
    }

    /// Returns the current state.
    pub(super) fn state(&self) -> State {
        *self.lock()
    }

    /// Admits or rejects a request.
    ///
    /// # Errors
    /// [`ProviderError::CircuitOpen`] while the breaker is open or a trial is in flight.
    pub(super) fn admit(&self) -> Result<Admission<'_>, ProviderError> {
        let now = self.clock.now();
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => Ok(Admission { breaker: self, trial: false, judged: false }),
            // If the clock was set back since, the breaker must not stay open longer.
            State::Open { until } if until <= now || now < *self.opened_at() => {
                *state = State::HalfOpen;
                Ok(Admission { breaker: self, trial: true, judged: false })
            }
            State::Open { until } => Err(ProviderError::CircuitOpen { until }),
            State::HalfOpen => Err(ProviderError::CircuitOpen { until: now }),
        }
    }

    fn opened_at(&self) -> MutexGuard<'_, DateTime<Utc>> {
        self.opened_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn after(&self, wait: Duration) -> DateTime<Utc> {
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        self.clock.now().checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// An admitted request. If it is dropped without a result, as when its caller gives up, it does not count.
#[must_use]
pub(super) struct Admission<'a> {
    breaker: &'a CircuitBreaker,
    trial: bool,
    judged: bool,
}

impl Admission<'_> {
    /// Records a response of the source.
    pub(super) fn succeeded(self) {
        self.judge(|_| State::Closed { failures: 0 });
    }

    /// Records a failure. A `retry_after` beyond the cool-down opens the breaker at once.
    pub(super) fn failed(self, retry_after: Option<Duration>) {
        let breaker = self.breaker;
        let wait = breaker.cool_down.max(retry_after.unwrap_or_default());
        let trial = self.trial;
        self.judge(|failures| {
            let failures = failures.saturating_add(1);
            if trial || failures >= breaker.failures_to_open || wait > breaker.cool_down {
                *breaker.opened_at() = breaker.clock.now();
                State::Open { until: breaker.after(wait) }
            } else {
                State::Closed { failures }
            }
        });
    }

    /// Applies `next` to the number of failures. A request that was sent before the breaker opened and ends afterwards
    /// is ignored.
    fn judge(mut self, next: impl FnOnce(u32) -> State) {
        self.judged = true;
        let mut state = self.breaker.lock();
        let before = *state;
        match before {
            State::Closed { failures } if !self.trial => *state = next(failures),
            State::HalfOpen if self.trial => *state = next(0),
            _ => {}
        }
        if std::mem::discriminant(&before) != std::mem::discriminant(&*state) {
            tracing::warn!(?before, after = ?*state, "the circuit breaker of a price source changed");
        }
    }
}

impl Drop for Admission<'_> {
    /// Allows another trial if this one was abandoned.
    fn drop(&mut self) {
        if self.trial && !self.judged {
            *self.breaker.lock() = State::Open { until: self.breaker.clock.now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct ManualClock(Mutex<DateTime<Utc>>);

    impl Clock for ManualClock {
        fn now(&self) -> DateTime<Utc> {
            *self.0.lock().unwrap()
        }
    }

    /// A breaker that opens while the clock is a year ahead must not stay open for a year.
    #[test]
    fn breaker_closes_when_clock_is_set_back() {
        let manual = Arc::new(ManualClock(Mutex::new(DateTime::UNIX_EPOCH + TimeDelta::days(365))));
        let clock: Arc<dyn Clock> = Arc::clone(&manual) as _;
        let breaker = CircuitBreaker::new(1, Duration::from_secs(60), clock);
        breaker.admit().unwrap().failed(None);
        assert!(breaker.admit().is_err());
        *manual.0.lock().unwrap() = DateTime::UNIX_EPOCH;
        breaker.admit().unwrap().succeeded();
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
    }
}
