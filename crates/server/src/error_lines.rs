//! A line in the log for each request that failed on our side, as long as these are few: when a database is gone, every request fails, and
//! anyone can send as many as they like.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::http::Method;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Lines a second, and at once. What is left out is in the access log, as far as that has room.
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// Logs failed requests.
#[derive(Debug)]
pub(super) struct ErrorLines {
    limiter: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl Default for ErrorLines {
    fn default() -> Self {
        let limiter = RateLimiter::direct(Quota::per_second(PER_SECOND).allow_burst(BURST));
        Self { limiter, left_out: AtomicU64::new(0) }
    }
}

impl ErrorLines {
    /// Logs a request that failed, or counts it when too many were logged of late.
    pub(super) fn log(&self, id: &str, status: u16, method: &Method, path: &str) {
        if let Some(left_out) = self.take() {
            tracing::error!(request_id = id, status, lines_left_out = left_out, "{method} {path}");
        }
    }

    /// Returns how many lines were left out before this one; `None` when this one is left out too.
    fn take(&self) -> Option<u64> {
        if self.limiter.check().is_ok() {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_left_out_and_counted_when_there_are_too_many() {
        let lines = ErrorLines::default();
        let written = (0..10_000).filter(|_| lines.take().is_some()).count();
        assert!((100..150).contains(&written), "{written}");
        std::thread::sleep(std::time::Duration::from_millis(250));
        assert!(lines.take().is_some_and(|left_out| left_out > 9_000));
    }
}
