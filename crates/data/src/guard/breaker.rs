//! A circuit breaker: a source that keeps failing is left alone for a while, then tried with one request.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use closecast_domain::Clock;

use crate::provider::ProviderError;

/// Whether a source is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    Closed {
        /// Failures in a row so far.
        failures: u32,
    },
    /// It is not.
    Open {
        /// When one request will be let through as a trial.
        until: DateTime<Utc>,
    },
    /// One request is on its way as a trial; all others wait for how it ends.
    HalfOpen,
}

/// Counts failures and refuses requests accordingly.
pub(super) struct CircuitBreaker {
    failures_to_open: u32,
    cool_down: Duration,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// When it last opened.
    opened_at: Mutex<DateTime<Utc>>,
}

impl CircuitBreaker {
    /// Returns a closed breaker that opens for `cool_down` after `failures_to_open` failures in a row, at least one.
    pub(super) fn new(failures_to_open: u32, cool_down: Duration, clock: Arc<dyn Clock>) -> Self {
        let state = Mutex::new(State::Closed { failures: 0 });
        let opened_at = Mutex::new(DateTime::<Utc>::MIN_UTC);
        Self { failures_to_open: failures_to_open.max(1), cool_down, clock, state, opened_at }
    }

    /// Returns the present state.
    pub(super) fn state(&self) -> State {
        *self.lock()
    }

    /// Lets a request through, or not.
    ///
    /// # Errors
    /// [`ProviderError::CircuitOpen`] while the source is left alone or on trial.
    pub(super) fn admit(&self) -> Result<Admission<'_>, ProviderError> {
        let now = self.clock.now();
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => Ok(Admission { breaker: self, trial: false, judged: false }),
            // A clock that was put back since would keep the source alone for as long as it was wrong.
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

/// A request that was let through. Dropped without a verdict, as when its caller gives up, it counts neither way.
#[must_use]
pub(super) struct Admission<'a> {
    breaker: &'a CircuitBreaker,
    trial: bool,
    judged: bool,
}

impl Admission<'_> {
    /// Notes that the source answered.
    pub(super) fn answered(self) {
        self.judge(|_| State::Closed { failures: 0 });
    }

    /// Notes that the source failed, and perhaps asked to be left alone for `retry_after`. A wish for longer than the
    /// cool-down is granted at once, without waiting for further failures.
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

    /// Moves on to what `next` makes of the failures so far. A request that was sent before the breaker opened and ends
    /// afterwards has no say any more.
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
    /// Makes room for another trial when this one was given up.
    fn drop(&mut self) {
        if self.trial && !self.judged {
            *self.breaker.lock() = State::Open { until: self.breaker.clock.now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Hand(Mutex<DateTime<Utc>>);

    impl Clock for Hand {
        fn now(&self) -> DateTime<Utc> {
            *self.0.lock().unwrap()
        }
    }

    /// Opened while the clock is a year ahead, it must not leave the source alone for a year.
    #[test]
    fn a_clock_that_is_put_back_does_not_keep_it_open() {
        let hand = Arc::new(Hand(Mutex::new(DateTime::UNIX_EPOCH + TimeDelta::days(365))));
        let clock: Arc<dyn Clock> = Arc::clone(&hand) as _;
        let breaker = CircuitBreaker::new(1, Duration::from_secs(60), clock);
        breaker.admit().unwrap().failed(None);
        assert!(breaker.admit().is_err());
        *hand.0.lock().unwrap() = DateTime::UNIX_EPOCH;
        breaker.admit().unwrap().answered();
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
    }
}
