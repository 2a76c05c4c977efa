//! A limit of requests a second.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Lets requests through at even intervals, in the order in which they asked. Callers who give up while waiting leave
/// their turn unused.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// Returns a limit of `requests_per_second`; none at all unless that is a positive number.
    pub(super) fn new(requests_per_second: f64) -> Self {
        let limited = requests_per_second.is_finite() && requests_per_second > 0.0;
        let interval = limited.then(|| Duration::try_from_secs_f64(1.0 / requests_per_second).ok()).flatten();
        Self { interval: interval.unwrap_or_default(), next: Mutex::new(None) }
    }

    /// Waits for a turn.
    pub(super) async fn wait(&self) {
        if !self.interval.is_zero() {
            sleep_until(self.take_turn()).await;
        }
    }

    fn take_turn(&self) -> Instant {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = turn.checked_add(self.interval);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_are_an_interval_apart_and_idle_time_is_not_saved_up() {
        let pace = Pace::new(2.0);
        let start = Instant::now();
        for turn in 0..4 {
            pace.wait().await;
            assert_eq!(start.elapsed().as_millis() / 10, turn * 50);
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        let later = Instant::now();
        pace.wait().await;
        pace.wait().await;
        assert_eq!(later.elapsed().as_millis() / 10, 50);
    }

    #[tokio::test(start_paused = true)]
    async fn no_limit_no_wait() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300] {
            let (pace, start) = (Pace::new(rate), Instant::now());
            pace.wait().await;
            pace.wait().await;
            assert_eq!(start.elapsed(), Duration::ZERO, "{rate}");
        }
    }
}
