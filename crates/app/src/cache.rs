//! Values that are dear to make, kept by the memory they take, and made once for all who ask at the same time.

mod kept;

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use self::kept::Kept;

/// A value as it was made.
pub struct Loaded<T> {
    /// The value, with whatever belongs to it.
    pub value: T,
    /// Memory it takes, in bytes.
    pub memory_bytes: u64,
}

/// What those who wait for a load are told, once there is something to tell.
type Outcome<T, E> = Option<Result<Arc<T>, Arc<E>>>;

/// Values `T` by key, bounded by the memory they take: the one unused for longest goes first. `E` is why making one fails.
///
/// Whoever has been given a value keeps it for as long as it is held, whatever is dropped meanwhile.
///
/// Written here, and not taken from a crate: `moka` hands memory back some time after an eviction, so that its bound is one of
/// accounts and not of memory, and with `quick_cache` those who wait for a load that fails try again one after the other.
pub struct SharedCache<K, T, E> {
    state: Mutex<State<K, T, E>>,
}

struct State<K, T, E> {
    kept: Kept<K, T>,
    loading: HashMap<K, watch::Receiver<Outcome<T, E>>>,
    /// How often values were dropped because they may have been overtaken: what was begun before is not kept.
    drops: u64,
    /// How often a value was found, and how often one had to be made.
    hits: u64,
    misses: u64,
}

/// A cache as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheFigures {
    /// Values that are kept.
    pub entries: usize,
    /// Memory that they take, in bytes.
    pub bytes: u64,
    /// Memory that they may take.
    pub most_bytes: u64,
    /// How often a value was found.
    pub hits: u64,
    /// How often one had to be made.
    pub misses: u64,
}

/// Where a request stands.
enum Found<'a, K: Clone + Eq + Hash, T, E> {
    Kept(Arc<T>),
    Loading(watch::Receiver<Outcome<T, E>>),
    Missing(Load<'a, K, T, E>),
}

/// The making of a value by one request, for all that wait for it. When it is dropped before there is an outcome, because the
/// client went away, those who wait look again and one of them makes it.
struct Load<'a, K: Clone + Eq + Hash, T, E> {
    cache: &'a SharedCache<K, T, E>,
    key: &'a K,
    drops: u64,
    outcome: watch::Sender<Outcome<T, E>>,
}

impl<K: Clone + Eq + Hash, T, E> Load<'_, K, T, E> {
    /// Keeps what was made, and tells those who wait.
    fn finish(self, loaded: Result<Loaded<T>, E>) -> Result<Arc<T>, Arc<E>> {
        let outcome = match loaded {
            Ok(Loaded { value, memory_bytes }) => {
                let value = Arc::new(value);
                let mut state = self.cache.state();
                let overtaken = state.drops != self.drops;
                let gone = if overtaken { Vec::new() } else { state.kept.insert(self.key, &value, memory_bytes) };
                drop(state);
                // Freeing takes a while: not under the lock.
                drop(gone);
                Ok(value)
            }
            Err(error) => Err(Arc::new(error)),
        };
        self.outcome.send_replace(Some(outcome.clone()));
        outcome
    }
}

impl<K: Clone + Eq + Hash, T, E> Drop for Load<'_, K, T, E> {
    fn drop(&mut self) {
        self.cache.state().loading.remove(self.key);
    }
}

impl<K: Clone + Eq + Hash, T, E> SharedCache<K, T, E> {
    /// Returns an empty cache for values of `most_bytes` in all. With 0 nothing is kept.
    pub fn new(most_bytes: u64) -> Self {
        Self {
            state: Mutex::new(State {
                kept: Kept::new(most_bytes),
                loading: HashMap::new(),
                drops: 0,
                hits: 0,
                misses: 0,
            }),
        }
    }

    /// Returns the value of `key` if it is kept.
    pub fn get(&self, key: &K) -> Option<Arc<T>> {
        let mut state = self.state();
        let found = state.kept.get(key);
        state.hits += u64::from(found.is_some());
        found
    }

    /// Returns the value of `key`, from `load` if it is not kept. Requests for the same missing value share one load; if the
    /// request that loads is dropped half-way, another one takes over. A value larger than the bound is returned and not kept.
    ///
    /// # Errors
    /// What `load` failed with, to everyone who waited for it. It is not kept: the next request loads again.
    pub async fn get_or_load(
        &self,
        key: &K,
        load: impl Future<Output = Result<Loaded<T>, E>>,
    ) -> Result<Arc<T>, Arc<E>> {
        loop {
            match self.find(key) {
                Found::Kept(value) => return Ok(value),
                Found::Missing(this) => return this.finish(load.await),
                Found::Loading(mut outcome) => {
                    // An error means that the load was given up: look again.
                    if let Ok(finished) = outcome.wait_for(Option::is_some).await
                        && let Some(finished) = finished.as_ref()
                    {
                        return finished.clone();
                    }
                }
            }
        }
    }

    /// Drops the values that have been overtaken, and keeps none that is being made now.
    pub fn drop_where(&self, overtaken: impl Fn(&K, &T) -> bool) {
        let mut state = self.state();
        state.drops += 1;
        let gone = state.kept.remove_where(overtaken);
        drop(state);
        drop(gone);
    }

    /// Drops values that are not worth their memory any more, though they are right.
    pub fn evict_where(&self, condition: impl Fn(&K, &T) -> bool) {
        let gone = self.state().kept.remove_where(condition);
        drop(gone);
    }

    fn find<'a>(&'a self, key: &'a K) -> Found<'a, K, T, E> {
        let mut state = self.state();
        if let Some(value) = state.kept.get(key) {
            state.hits += 1;
            return Found::Kept(value);
        }
        if let Some(outcome) = state.loading.get(key) {
            return Found::Loading(outcome.clone());
        }
        let (sender, receiver) = watch::channel(None);
        state.loading.insert(key.clone(), receiver);
        state.misses += 1;
        Found::Missing(Load { cache: self, key, drops: state.drops, outcome: sender })
    }

    /// Every change is made whole under the lock, so the state of a thread that panicked is as good as any.
    fn state(&self) -> MutexGuard<'_, State<K, T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how full the cache is, and how often it was of use.
    pub fn figures(&self) -> CacheFigures {
        let state = self.state();
        let (entries, bytes, most_bytes) = (state.kept.len(), state.kept.bytes(), state.kept.most_bytes());
        CacheFigures { entries, bytes, most_bytes, hits: state.hits, misses: state.misses }
    }

    /// Returns the memory that the kept values take, in bytes.
    #[cfg(test)]
    pub fn kept_bytes(&self) -> u64 {
        self.state().kept.bytes()
    }
}
