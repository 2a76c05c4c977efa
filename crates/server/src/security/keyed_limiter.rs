//! A rate limiter for each of many keys, in bounded memory.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, TryLockError},
    time::{Duration, Instant},
};

use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter, clock::Clock as _, clock::DefaultClock};

/// Keys that are remembered before those are forgotten that have been quiet.
const MANY: usize = 10_000;

/// Shortest time between two clean-ups: each looks at every key, and a client may come with a new one in every request.
const BETWEEN_CLEANUPS: Duration = Duration::from_secs(1);

/// A rate limiter for each key.
#[derive(Debug)]
pub(super) struct KeyedLimiter<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    /// When the keys that have been quiet were forgotten last.
    cleaned: Mutex<Option<Instant>>,
    clock: DefaultClock,
}

impl<K: Hash + Eq + Clone> KeyedLimiter<K> {
    pub(super) fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota), cleaned: Mutex::new(None), clock: DefaultClock::default() }
    }

    /// Takes `units` of what `key` may have; returns how long to wait when they are not there.
    pub(super) fn take(&self, key: &K, units: NonZeroU32) -> Result<(), Duration> {
        if self.limiter.len() > MANY && self.begins_cleanup(Instant::now()) {
            self.limiter.retain_recent();
        }
        let wait = |refused: NotUntil<_>| refused.wait_time_from(self.clock.now());
        // More than an allowance ever holds is not asked for.
        self.limiter.check_key_n(key, units).unwrap_or(Ok(())).map_err(wait)
    }

    /// Returns whether a clean-up is due, and whether this caller is the one to do it.
    fn begins_cleanup(&self, now: Instant) -> bool {
        let mut cleaned = match self.cleaned.try_lock() {
            Ok(cleaned) => cleaned,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Another thread is about to do it.
            Err(TryLockError::WouldBlock) => return false,
        };
        let is_due = cleaned.is_none_or(|before| now.saturating_duration_since(before) >= BETWEEN_CLEANUPS);
        if is_due {
            *cleaned = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_keys_are_forgotten_at_most_once_a_second() {
        let limiter = KeyedLimiter::<u32>::new(Quota::per_second(NonZeroU32::MIN.saturating_add(999)));
        let now = Instant::now();
        assert!(limiter.begins_cleanup(now));
        assert!(!limiter.begins_cleanup(now) && !limiter.begins_cleanup(now + BETWEEN_CLEANUPS / 2));
        assert!(limiter.begins_cleanup(now + BETWEEN_CLEANUPS) && !limiter.begins_cleanup(now + BETWEEN_CLEANUPS));
    }

    #[test]
    fn keys_are_forgotten_when_there_are_many() {
        let limiter = KeyedLimiter::<usize>::new(Quota::per_second(NonZeroU32::MIN.saturating_add(999)));
        (0..=MANY).for_each(|key| assert!(limiter.take(&key, NonZeroU32::MIN).is_ok()));
        assert!(limiter.limiter.len() > MANY);
        std::thread::sleep(Duration::from_millis(10));
        assert!(limiter.take(&0, NonZeroU32::MIN).is_ok());
        assert!(limiter.limiter.len() < 10, "{}", limiter.limiter.len());
    }
}
