//! The short memory before a provider.

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
    cache::{CacheSettings, Cached},
    provider::{FetchRange, Provider, ProviderError},
};
use closecast_domain::{Clock, PriceBasis, RawBar, RawSeries, Symbol};

/// A clock that is set by hand.
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

/// Delivers ten bars of every symbol but `NONE`, and counts how often it is asked.
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
    cached: Cached<Arc<Counting>>,
}

impl Setup {
    fn new(max_bars: usize) -> Self {
        let clock = Arc::new(Hand(Mutex::new(DateTime::UNIX_EPOCH)));
        let source = Arc::new(Counting::default());
        let settings = CacheSettings { max_age: Duration::from_secs(60), max_bars };
        let cached = Cached::new(Arc::clone(&source), settings, clock.clone());
        Self { clock, source, cached }
    }

    /// Returns whether the source had to be asked.
    async fn asks(&self, symbol: &str, days: u64) -> bool {
        let before = self.source.0.load(Ordering::Relaxed);
        let range = FetchRange::new(NaiveDate::default(), NaiveDate::default() + chrono::Days::new(days));
        let _ = self.cached.fetch(&symbol.parse().unwrap(), range).await;
        self.source.0.load(Ordering::Relaxed) > before
    }
}

#[tokio::test]
async fn the_same_question_is_asked_once_a_minute() {
    let setup = Setup::new(1000);
    assert!(setup.asks("AAPL", 1).await);
    setup.clock.turn(59);
    assert!(!setup.asks("AAPL", 1).await);
    assert!(setup.asks("AAPL", 2).await, "another range");
    assert!(setup.asks("MSFT", 1).await, "another symbol");
    setup.clock.turn(1);
    assert!(setup.asks("AAPL", 1).await);
    setup.clock.turn(-3600);
    assert!(setup.asks("AAPL", 1).await, "a clock that went back");
    setup.cached.clear();
    assert!(setup.asks("AAPL", 1).await);
}

#[tokio::test]
async fn errors_are_not_remembered() {
    let setup = Setup::new(1000);
    assert!(setup.asks("NONE", 1).await && setup.asks("NONE", 1).await);
}

#[tokio::test]
async fn the_oldest_makes_room_and_what_is_too_large_is_not_kept() {
    let setup = Setup::new(25);
    for symbol in ["A", "B", "C"] {
        assert!(setup.asks(symbol, 1).await);
        setup.clock.turn(1);
    }
    assert!(!setup.asks("C", 1).await && !setup.asks("B", 1).await);
    assert!(setup.asks("A", 1).await);
    let tiny = Setup::new(9);
    assert!(tiny.asks("A", 1).await && tiny.asks("A", 1).await);
}
