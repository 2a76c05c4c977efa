//! What is counted as it happens.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use closecast_app::metrics::Histogram;

/// The methods of requests; the last one stands for all others, of which a client may send any.
pub(crate) const METHODS: [&str; 8] = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "OTHER"];

/// Statuses that can be told apart: 100 to 599.
const STATUSES: usize = 500;

/// What is counted as it happens.
#[derive(Debug, Default)]
pub(crate) struct ServerMetrics {
    /// Requests answered.
    pub(crate) requests: Requests,
    /// Requests that are being answered.
    pub(crate) in_flight: Gauge,
    /// WebSocket connections that are open.
    pub(crate) websockets: Gauge,
}

/// Requests by method and status, and how long they took.
#[derive(Debug)]
pub(crate) struct Requests {
    counts: Box<[[AtomicU64; STATUSES]]>,
    pub(crate) duration: Histogram,
}

impl Default for Requests {
    fn default() -> Self {
        let counts = METHODS.iter().map(|_| [const { AtomicU64::new(0) }; STATUSES]).collect();
        Self { counts, duration: Histogram::default() }
    }
}

impl Requests {
    /// Counts an answer of `status` to a request whose method stands at `method` in [`METHODS`].
    pub(crate) fn record(&self, method: usize, status: u16, elapsed: Duration) {
        let place = usize::from(status).saturating_sub(100).min(STATUSES - 1);
        if let Some(statuses) = self.counts.get(method) {
            statuses[place].fetch_add(1, Ordering::Relaxed);
        }
        self.duration.record(elapsed);
    }

    /// Returns method, status and count of all that there were.
    pub(crate) fn counts(&self) -> Vec<(&'static str, usize, u64)> {
        let of_method = |(method, statuses): (&'static str, &[AtomicU64; STATUSES])| {
            let counts = statuses.each_ref().map(|count| count.load(Ordering::Relaxed));
            let there = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
            there.map(move |(place, count)| (method, place + 100, count)).collect::<Vec<_>>()
        };
        METHODS.into_iter().zip(&self.counts).flat_map(of_method).collect()
    }
}

/// A number of things that come and go.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

/// One of such things, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Present<'a>(&'a Gauge);

impl Gauge {
    /// Counts one in for as long as what is returned is held.
    pub(crate) fn enter(&self) -> Present<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Present(self)
    }

    /// Returns how many there are.
    pub(crate) fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_is_no_longer_counted() {
        let level = Gauge::default();
        let first = level.enter();
        let _second = level.enter();
        assert_eq!(level.value(), 2);
        drop(first);
        assert_eq!(level.value(), 1);
    }

    #[test]
    fn requests_are_counted_by_method_and_status() {
        let requests = Requests::default();
        for (method, status) in [(0, 200), (0, 200), (0, 404), (1, 599), (7, 100), (2, 999), (99, 200)] {
            requests.record(method, status, Duration::from_micros(60));
        }
        let expected = [("GET", 200, 2), ("GET", 404, 1), ("POST", 599, 1), ("HEAD", 599, 1), ("OTHER", 100, 1)];
        assert_eq!(requests.counts(), expected);
        assert_eq!(requests.duration.read().count, 7);
    }
}
