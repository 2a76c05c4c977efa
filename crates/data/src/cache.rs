//! A short memory for fetched series, so that a page that asks three times in a minute asks the source once.
//!
//! It stands before the store, not in its place: the store keeps what is settled for good, this keeps any answer, the live
//! bar included, for a minute or so.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use closecast_domain::{Clock, RawSeries, Symbol};

use crate::provider::{FetchRange, Provider, ProviderError};

/// What is remembered, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// Age at which a series is forgotten.
    pub max_age: Duration,
    /// Bars remembered, over all series. A bar takes about 150 bytes. Zero remembers nothing.
    pub max_bars: usize,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { max_age: Duration::from_secs(60), max_bars: 500_000 }
    }
}

type Key = (Symbol, FetchRange);

struct Entry {
    fetched_at: DateTime<Utc>,
    series: Arc<RawSeries>,
}

/// A provider that answers the same question from memory for a while. Errors are not remembered.
pub struct Cached<P> {
    inner: P,
    settings: CacheSettings,
    clock: Arc<dyn Clock>,
    entries: Mutex<HashMap<Key, Entry>>,
}

impl<P> fmt::Debug for Cached<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<P> Cached<P> {
    /// Returns `inner` with an empty memory; `clock` tells how old an entry is.
    #[must_use]
    pub fn new(inner: P, settings: CacheSettings, clock: Arc<dyn Clock>) -> Self {
        Self { inner, settings, clock, entries: Mutex::default() }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn recall(&self, key: &Key) -> Option<Arc<RawSeries>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|entry| self.is_fresh(entry, self.clock.now())).map(|entry| Arc::clone(&entry.series))
    }

    fn remember(&self, key: Key, series: Arc<RawSeries>) {
        if series.bars.len() > self.settings.max_bars {
            return;
        }
        let now = self.clock.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| self.is_fresh(entry, now));
        entries.insert(key, Entry { fetched_at: now, series });
        while entries.values().map(|entry| entry.series.bars.len().max(1)).sum::<usize>() > self.settings.max_bars {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.fetched_at).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            entries.remove(&oldest);
        }
    }

    /// A clock that went back makes an entry stale, not immortal.
    fn is_fresh(&self, entry: &Entry, now: DateTime<Utc>) -> bool {
        now.signed_duration_since(entry.fetched_at).to_std().is_ok_and(|age| age < self.settings.max_age)
    }
}

#[async_trait]
impl<P: Provider> Provider for Cached<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn fetch(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        let key = (symbol.clone(), range);
        if let Some(series) = self.recall(&key) {
            return Ok(RawSeries::clone(&series));
        }
        let series = self.inner.fetch(symbol, range).await?;
        self.remember(key, Arc::new(series.clone()));
        Ok(series)
    }
}
