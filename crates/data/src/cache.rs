//! Caches fetched series for a short time, so that repeated requests reach the source once.
//!
//! The cache is in front of the store and does not replace it: the store keeps final bars permanently, the cache keeps
//! any response, the live bar included, for about a minute.

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

/// Lifetime and size of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// Lifetime of an entry.
    pub max_age: Duration,
    /// Maximum number of bars over all series. A bar takes about 150 bytes. Zero disables the cache.
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

/// A provider that caches successful responses.
pub struct CachedProvider<P> {
    inner: P,
    settings: CacheSettings,
    clock: Arc<dyn Clock>,
    entries: Mutex<HashMap<Key, Entry>>,
}

impl<P> fmt::Debug for CachedProvider<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedProvider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<P> CachedProvider<P> {
    /// Returns `inner` with an empty cache; `clock` determines the age of entries.
    #[must_use]
    pub fn new(inner: P, settings: CacheSettings, clock: Arc<dyn Clock>) -> Self {
        Self { inner, settings, clock, entries: Mutex::default() }
    }

    /// Removes all entries.
    pub fn clear(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn get(&self, key: &Key) -> Option<Arc<RawSeries>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|entry| self.is_fresh(entry, self.clock.now())).map(|entry| Arc::clone(&entry.series))
    }

    fn insert(&self, key: Key, series: Arc<RawSeries>) {
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

    /// Returns whether the entry is still valid. A clock that was set back makes it stale, not immortal.
    fn is_fresh(&self, entry: &Entry, now: DateTime<Utc>) -> bool {
        now.signed_duration_since(entry.fetched_at).to_std().is_ok_and(|age| age < self.settings.max_age)
    }
}

#[async_trait]
impl<P: Provider> Provider for CachedProvider<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn fetch(&self, symbol: &Symbol, range: FetchRange) -> Result<RawSeries, ProviderError> {
        let key = (symbol.clone(), range);
        if let Some(series) = self.get(&key) {
            return Ok(RawSeries::clone(&series));
        }
        let series = self.inner.fetch(symbol, range).await?;
        self.insert(key, Arc::new(series.clone()));
        Ok(series)
    }
}
