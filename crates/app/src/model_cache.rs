//! The models that the server keeps ready, and which version of a name serves.

mod champions;
mod key;

use std::sync::Arc;

use self::champions::Champions;
pub use self::key::ModelKey;
use crate::cache::{CacheFigures, Loaded, SharedCache};

/// Models `T` ready to forecast, and which of them serve. `E` is why a load fails.
pub struct ModelCache<T, E> {
    cache: SharedCache<ModelKey, T, E>,
    champions: Champions,
}

impl<T, E> ModelCache<T, E> {
    /// Returns an empty cache for models of `most_bytes` in all. With 0 nothing is kept.
    pub fn new(most_bytes: u64) -> Self {
        Self { cache: SharedCache::new(most_bytes), champions: Champions::default() }
    }

    /// Returns the model of `key`, from `load` if it is not kept.
    ///
    /// # Errors
    /// As for [`SharedCache::get_or_load`].
    pub async fn get_or_load(
        &self,
        key: &ModelKey,
        load: impl Future<Output = Result<Loaded<T>, E>>,
    ) -> Result<Arc<T>, Arc<E>> {
        self.cache.get_or_load(key, load).await
    }

    /// Returns the version of `name` that serves, from `ask` if it is not known; `None` if there is none. An answer that a
    /// change overtook is used once and not remembered.
    ///
    /// # Errors
    /// What `ask` failed with.
    pub async fn champion_key<F>(
        &self,
        name: &str,
        ask: impl Future<Output = Result<Option<ModelKey>, F>>,
    ) -> Result<Option<ModelKey>, F> {
        let changes = match self.champions.get(name) {
            Ok(key) => return Ok(Some(key)),
            Err(changes) => changes,
        };
        let answer = ask.await?;
        if let Some(key) = &answer
            && let Some(former) = self.champions.learn(name, key, changes)
        {
            // A rollback needs the former one. Those before it would fill the memory of a server that trains every day.
            self.cache.evict_where(|kept, _| kept.name == name && kept != key && *kept != former);
        }
        Ok(answer)
    }

    /// Returns the model that serves under `name` if both which one and the model itself are at hand.
    pub fn champion(&self, name: &str) -> Option<Arc<T>> {
        let key = self.champions.get(name).ok()?;
        self.cache.get(&key)
    }

    /// Lets `key` serve under `name` from the next request on.
    #[cfg(test)]
    pub fn set_champion(&self, name: &str, key: ModelKey) {
        self.champions.set(name, key);
    }

    /// Forgets which version serves under `name`: the next request asks. The models themselves stay, since versions do not
    /// change.
    pub fn invalidate(&self, name: &str) {
        self.champions.forget(name);
    }

    /// Forgets which versions serve: for when changes may have been missed.
    pub fn invalidate_all(&self) {
        self.champions.forget_all();
    }

    /// Returns how full the cache is, and how often it was of use.
    pub fn figures(&self) -> CacheFigures {
        self.cache.figures()
    }

    /// Returns the memory that the kept models take, in bytes.
    #[cfg(test)]
    pub fn kept_bytes(&self) -> u64 {
        self.cache.kept_bytes()
    }
}

#[cfg(test)]
mod tests;
