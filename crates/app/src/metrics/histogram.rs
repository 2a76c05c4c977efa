//! How long things took, counted in fixed buckets.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Upper ends of the buckets, in microseconds, from 50 µs, which an answer at hand takes, to 10 s; the last one has none.
const ENDS: [u64; 17] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// A histogram of durations. Recording is two additions to memory; reading while others record may be off by what they add.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; ENDS.len() + 1],
    micros: AtomicU64,
}

/// A histogram as it was at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Upper end of each bucket in seconds, and how many were at most as long.
    pub cumulative: Vec<(f64, u64)>,
    /// All that were recorded.
    pub count: u64,
    /// Their sum in seconds.
    pub seconds: f64,
}

impl Histogram {
    /// Counts one that took `elapsed`.
    pub fn record(&self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let bucket = ENDS.partition_point(|end| *end < micros);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Returns what was recorded so far.
    pub fn read(&self) -> Reading {
        let counts = self.counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        let mut below = 0;
        let cumulative = ENDS.iter().zip(counts).map(|(end, count)| {
            below += count;
            (*end as f64 / 1e6, below)
        });
        Reading {
            cumulative: cumulative.collect(),
            count: counts.iter().sum(),
            seconds: self.micros.load(Ordering::Relaxed) as f64 / 1e6,
        }
    }
}

impl Reading {
    /// Returns the mean in seconds; `None` of nothing.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.seconds / self.count as f64)
    }

    /// Returns the quantile of `level` in seconds as Prometheus estimates it: evenly spread within its bucket, and the end of the
    /// last bucket for what is longer. `None` of nothing.
    pub fn quantile(&self, level: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let rank = level * self.count as f64;
        let mut lower = (0.0, 0);
        for &(end, count) in &self.cumulative {
            if count as f64 >= rank && count > lower.1 {
                let share = (rank - lower.1 as f64) / (count - lower.1) as f64;
                return Some(lower.0 + (end - lower.0) * share.max(0.0));
            }
            lower = (end, count);
        }
        Some(lower.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_belongs_to_its_bucket_and_the_sum_is_exact() {
        let histogram = Histogram::default();
        for micros in [0, 50, 51, 1_000, 20_000_000] {
            histogram.record(Duration::from_micros(micros));
        }
        let reading = histogram.read();
        assert_eq!((reading.count, reading.seconds), (5, 20.001_101));
        assert_eq!(reading.cumulative[..2], [(0.000_05, 2), (0.000_1, 3)]);
        assert_eq!(
            reading.cumulative.last(),
            Some(&(10.0, 4)),
            "what is longer than all buckets is in the count alone"
        );
    }

    #[test]
    fn quantiles_are_those_that_prometheus_computes() {
        let histogram = Histogram::default();
        assert_eq!((histogram.read().quantile(0.5), histogram.read().mean()), (None, None));
        for _ in 0..90 {
            histogram.record(Duration::from_micros(800));
        }
        for _ in 0..10 {
            histogram.record(Duration::from_micros(2_000));
        }
        let reading = histogram.read();
        // Of 90 in (0.5 ms, 1 ms] the 50th is 50/90 of the way.
        assert!((reading.quantile(0.5).unwrap() - (0.000_5 + 0.000_5 * 50.0 / 90.0)).abs() < 1e-12);
        assert!((reading.quantile(0.95).unwrap() - (0.001 + 0.001_5 * 0.5)).abs() < 1e-12);
        histogram.record(Duration::from_secs(60));
        assert_eq!(histogram.read().quantile(1.0), Some(10.0));
    }
}
