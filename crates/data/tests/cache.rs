//! The cache of fetched series.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use closecast_data::{
    cache::{CacheSettings, CachedProvider},
    provider::{FetchRange, Provider, ProviderError},
};
use closecast_domain::{Clock, PriceBasis, RawBar, RawSeries, Symbol};

/// A clock that tests set.
struct Hand(Mutex<DateTime<Utc>>);

impl Hand {
    fn turn(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Delivers ten bars of every symbol except `NONE`, and counts requests.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl Provider for Counting {
    fn name(&self) -> &str {
        "counting"
    }

    async fn fetch(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        if symbol.as_str() == "NONE" {
            return Err(ProviderError::NoData { symbol: symbol.clone(), range });
        }
        let bars = NaiveDate::default().iter_days().take(10).map(RawBar::empty).collect();
        let (symbol, basis, source) = (symbol.clone(), PriceBasis::SplitAdjusted, self.name().to_owned());
        Ok(RawSeries { symbol, basis, currency: None, source, bars })
    }
}

struct Setup {
    clock: Arc<Hand>,
    source: Arc<Counting>,
    cached: CachedProvider<Arc<Counting>>,
}

impl Setup {
    fn new(max_bars: usize) -> Self {
        let clock = Arc::new(Hand(Mutex::new(DateTime::UNIX_EPOCH)));
        let source = Arc::new(Counting::default());
        let settings = CacheSettings { max_age: Duration::from_secs(60), max_bars };
        let cached = CachedProvider::new(Arc::clone(&source), settings, clock.clone());
        Self { clock, source, cached }
    }

    /// Returns whether the source received a request.
    async fn reaches_source(&self, symbol: &str, days: u64) -> bool {
        let before = self.source.0.load(Ordering::Relaxed);
        let range = FetchRange::new(NaiveDate::default(), NaiveDate::default() + chrono::Days::new(days));
        let _ = self.cached.fetch(&symbol.parse().unwrap(), range).await;
        self.source.0.load(Ordering::Relaxed) > before
    }
}

#[tokio::test]
async fn repeated_fetch_is_cached_for_a_minute() {
    let setup = Setup::new(1000);
    assert!(setup.reaches_source("AAPL", 1).await);
    setup.clock.turn(59);
    assert!(!setup.reaches_source("AAPL", 1).await);
    assert!(setup.reaches_source("AAPL", 2).await, "another range");
    assert!(setup.reaches_source("MSFT", 1).await, "another symbol");
    setup.clock.turn(1);
    assert!(setup.reaches_source("AAPL", 1).await);
    setup.clock.turn(-3600);
    assert!(setup.reaches_source("AAPL", 1).await, "a clock that went back");
    setup.cached.clear();
    assert!(setup.reaches_source("AAPL", 1).await);
}

#[tokio::test]
async fn errors_are_not_cached() {
    let setup = Setup::new(1000);
    assert!(setup.reaches_source("NONE", 1).await && setup.reaches_source("NONE", 1).await);
}

#[tokio::test]
async fn oldest_entry_is_evicted_and_oversized_series_is_not_cached() {
    let setup = Setup::new(25);
    for symbol in ["A", "B", "C"] {
        assert!(setup.reaches_source(symbol, 1).await);
        setup.clock.turn(1);
    }
    assert!(!setup.reaches_source("C", 1).await && !setup.reaches_source("B", 1).await);
    assert!(setup.reaches_source("A", 1).await);
    let tiny = Setup::new(9);
    assert!(tiny.reaches_source("A", 1).await && tiny.reaches_source("A", 1).await);
}
