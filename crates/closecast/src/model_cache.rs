//! The models that the server keeps ready, and which version of a name serves.

mod champions;
mod kept;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use self::{champions::Champions, kept::Kept};

/// One version of a model. Versions never change, so neither does what is kept under a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ModelKey {
    /// Name of the model.
    pub(crate) name: String,
    /// SHA-256 of the artifact.
    pub(crate) sha256: String,
}

/// A model as it was loaded.
pub(crate) struct Loaded<T> {
    /// The model, with whatever belongs to it.
    pub(crate) model: T,
    /// Memory it takes, in bytes.
    pub(crate) memory_bytes: u64,
}

/// What those who wait for a load are told, once there is something to tell.
type Outcome<T, E> = Option<Result<Arc<T>, Arc<E>>>;

/// Models `T` ready to forecast, bounded by the memory they take: the one unused for longest goes first. `E` is why a load fails.
///
/// Whoever has been given a model keeps it for as long as it is held, whatever is published, promoted or dropped meanwhile.
///
/// Written here, and not taken from a crate: `moka` hands memory back some time after an eviction, so that its bound is one of
/// accounts and not of memory, and with `quick_cache` those who wait for a load that fails try again one after the other.
pub(crate) struct ModelCache<T, E> {
    state: Mutex<State<T, E>>,
    champions: Champions,
}

struct State<T, E> {
    kept: Kept<ModelKey, T>,
    loading: HashMap<ModelKey, watch::Receiver<Outcome<T, E>>>,
}

/// Where a request stands.
enum Found<'a, T, E> {
    Kept(Arc<T>),
    Loading(watch::Receiver<Outcome<T, E>>),
    Missing(Load<'a, T, E>),
}

/// The load of a model by one request, for all that wait for it. When it is dropped before there is an outcome, because the
/// client went away, those who wait look again and one of them loads.
struct Load<'a, T, E> {
    cache: &'a ModelCache<T, E>,
    key: &'a ModelKey,
    outcome: watch::Sender<Outcome<T, E>>,
}

impl<T, E> Load<'_, T, E> {
    /// Keeps what was loaded, and tells those who wait.
    fn finish(self, loaded: Result<Loaded<T>, E>) -> Result<Arc<T>, Arc<E>> {
        let outcome = match loaded {
            Ok(Loaded { model, memory_bytes }) => {
                let model = Arc::new(model);
                let gone = self.cache.state().kept.insert(self.key, &model, memory_bytes);
                // Freeing takes a while: not under the lock, which the statement above has given back.
                drop(gone);
                Ok(model)
            }
            Err(error) => Err(Arc::new(error)),
        };
        self.outcome.send_replace(Some(outcome.clone()));
        outcome
    }
}

impl<T, E> Drop for Load<'_, T, E> {
    fn drop(&mut self) {
        self.cache.state().loading.remove(self.key);
    }
}

impl<T, E> ModelCache<T, E> {
    /// Returns an empty cache for models of `most_bytes` in all. With 0 nothing is kept.
    pub(crate) fn new(most_bytes: u64) -> Self {
        let state = State { kept: Kept::new(most_bytes), loading: HashMap::new() };
        Self { state: Mutex::new(state), champions: Champions::default() }
    }

    /// Returns the model of `key`, from `load` if it is not kept. Requests for the same missing model share one load; if the
    /// request that loads is dropped half-way, another one takes over. A model larger than the bound is returned and not kept.
    ///
    /// # Errors
    /// What `load` failed with, to everyone who waited for it. It is not kept: the next request loads again.
    pub(crate) async fn get_or_load(
        &self,
        key: &ModelKey,
        load: impl Future<Output = Result<Loaded<T>, E>>,
    ) -> Result<Arc<T>, Arc<E>> {
        loop {
            match self.find(key) {
                Found::Kept(model) => return Ok(model),
                Found::Missing(this) => return this.finish(load.await),
                Found::Loading(mut outcome) => {
                    // An error means that the load was given up: look again.
                    if let Ok(told) = outcome.wait_for(Option::is_some).await
                        && let Some(told) = told.as_ref()
                    {
                        return told.clone();
                    }
                }
            }
        }
    }

    fn find<'a>(&'a self, key: &'a ModelKey) -> Found<'a, T, E> {
        let mut state = self.state();
        if let Some(model) = state.kept.get(key) {
            return Found::Kept(model);
        }
        if let Some(outcome) = state.loading.get(key) {
            return Found::Loading(outcome.clone());
        }
        let (sender, receiver) = watch::channel(None);
        state.loading.insert(key.clone(), receiver);
        Found::Missing(Load { cache: self, key, outcome: sender })
    }

    /// Every change is made whole under the lock, so the state of a thread that panicked is as good as any.
    fn state(&self) -> MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the version of `name` that serves, from `ask` if it is not known; `None` if there is none. An answer that a
    /// change overtook is used once and not remembered.
    ///
    /// # Errors
    /// What `ask` failed with.
    pub(crate) async fn champion_key<F>(
        &self,
        name: &str,
        ask: impl Future<Output = Result<Option<ModelKey>, F>>,
    ) -> Result<Option<ModelKey>, F> {
        let changes = match self.champions.get(name) {
            Ok(key) => return Ok(Some(key)),
            Err(changes) => changes,
        };
        let answer = ask.await?;
        if let Some(key) = &answer {
            self.champions.learn(name, key, changes);
        }
        Ok(answer)
    }

    /// Returns the model that serves under `name` if both which one and the model itself are at hand.
    pub(crate) fn champion(&self, name: &str) -> Option<Arc<T>> {
        let key = self.champions.get(name).ok()?;
        self.state().kept.get(&key)
    }

    /// Lets `key` serve under `name` from the next request on.
    #[cfg(test)]
    pub(crate) fn set_champion(&self, name: &str, key: ModelKey) {
        self.champions.set(name, key);
    }

    /// Forgets which version serves under `name`: the next request asks. The models themselves stay, since versions do not
    /// change and a rollback needs the earlier one.
    pub(crate) fn invalidate(&self, name: &str) {
        self.champions.forget(name);
    }

    /// Forgets which versions serve: for when changes may have been missed.
    pub(crate) fn invalidate_all(&self) {
        self.champions.forget_all();
    }

    /// Returns the memory that the kept models take, in bytes.
    #[cfg(test)]
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.state().kept.bytes()
    }
}

#[cfg(test)]
mod tests;
