//! A rate limiter.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Admits requests at even intervals, first come, first served. Callers that give up while waiting leave their slot
/// unused.
#[derive(Debug)]
pub(super) struct RateLimiter {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl RateLimiter {
    /// Returns a limiter of `requests_per_second`; no limit unless that is a positive number.
    pub(super) fn new(requests_per_second: f64) -> Self {
        let limited = requests_per_second.is_finite() && requests_per_second > 0.0;
        let interval = limited.then(|| Duration::try_from_secs_f64(1.0 / requests_per_second).ok()).flatten();
        Self { interval: interval.unwrap_or_default(), next: Mutex::new(None) }
    }

    /// Waits for a slot.
    pub(super) async fn wait(&self) {
        if !self.interval.is_zero() {
            sleep_until(self.take_slot()).await;
        }
    }

    fn take_slot(&self) -> Instant {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = next.map_or(now, |next| next.max(now));
        *next = slot.checked_add(self.interval);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn wait_spaces_requests_without_accumulating_idle_time() {
        let rate_limiter = RateLimiter::new(2.0);
        let start = Instant::now();
        for turn in 0..4 {
            rate_limiter.wait().await;
            assert_eq!(start.elapsed().as_millis() / 10, turn * 50);
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        let later = Instant::now();
        rate_limiter.wait().await;
        rate_limiter.wait().await;
        assert_eq!(later.elapsed().as_millis() / 10, 50);
    }

    #[tokio::test(start_paused = true)]
    async fn wait_returns_at_once_without_limit() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300] {
            let (rate_limiter, start) = (RateLimiter::new(rate), Instant::now());
            rate_limiter.wait().await;
            rate_limiter.wait().await;
            assert_eq!(start.elapsed(), Duration::ZERO, "{rate}");
        }
    }
}
