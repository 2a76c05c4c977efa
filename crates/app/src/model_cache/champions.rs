//! Which version of each name serves, as far as it is known here.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::key::ModelKey;

/// Versions in service by name. Only names that have a model are remembered, so there are no more than models.
#[derive(Default)]
pub(super) struct Champions(Mutex<State>);

#[derive(Default)]
struct State {
    by_name: HashMap<String, ModelKey>,
    /// The newest version that was learned of each name, also after it was forgotten.
    newest: HashMap<String, ModelKey>,
    /// Number of changes so far. Who asks the database notes it, since the answer may be older than a change heard of
    /// meanwhile.
    changes: u64,
}

impl Champions {
    /// Returns the version that serves under `name`.
    ///
    /// # Errors
    /// The number of changes so far, to be given to [`Self::learn`] with what was found out.
    pub(super) fn get(&self, name: &str) -> Result<ModelKey, u64> {
        let state = self.state();
        state.by_name.get(name).cloned().ok_or(state.changes)
    }

    /// Remembers what was found out since `changes`, unless something changed since. Returns the version whose place it took.
    pub(super) fn learn(&self, name: &str, key: &ModelKey, changes: u64) -> Option<ModelKey> {
        let mut state = self.state();
        if state.changes != changes {
            return None;
        }
        state.by_name.insert(name.to_owned(), key.clone());
        state.newest.insert(name.to_owned(), key.clone()).filter(|former| former != key)
    }

    /// Remembers a change.
    #[cfg(test)]
    pub(super) fn set(&self, name: &str, key: ModelKey) {
        let mut state = self.state();
        state.changes += 1;
        state.by_name.insert(name.to_owned(), key);
    }

    /// Forgets the version of `name`.
    pub(super) fn forget(&self, name: &str) {
        let mut state = self.state();
        state.changes += 1;
        state.by_name.remove(name);
    }

    /// Forgets all versions.
    pub(super) fn forget_all(&self) {
        let mut state = self.state();
        state.changes += 1;
        state.by_name.clear();
    }

    /// The state is whole whenever the lock is free, so that of a thread that panicked is as good as any.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
