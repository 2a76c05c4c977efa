//! The keys that were asked for of late: a request is not to wait for the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use closecast_store::{Store, StoreError};

use super::{Key, Role};

/// How long an answer of the database is believed: this long a revoked key may still open, on another server.
const BELIEVED: Duration = Duration::from_secs(10);

/// Keys remembered at most.
const MOST: usize = 10_000;

/// How old the note of a key's last use may be.
const USE_NOTED: TimeDelta = TimeDelta::minutes(1);

/// A key that opens.
#[derive(Debug)]
pub(crate) struct KnownKey {
    /// Identifier.
    pub(crate) id: String,
    /// What its owner calls it.
    pub(crate) name: String,
    /// What it allows.
    pub(crate) role: Role,
}

/// The keys that were asked for of late.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    known: Mutex<HashMap<String, (Arc<KnownKey>, Instant)>>,
    any: Mutex<Option<(bool, Instant)>>,
}

impl Keyring {
    /// Returns the key, if it opens.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub(crate) async fn find(
        &self,
        store: &Store,
        key: &Key,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<KnownKey>>, StoreError> {
        let hash = key.hash();
        if let Some(known) = self.remembered(&hash) {
            return Ok(Some(known));
        }
        let Some(stored) = store.keys().with_hash(&hash).await? else { return Ok(None) };
        let Ok(role) = stored.role.parse::<Role>() else {
            tracing::error!(key = stored.id, role = stored.role, "a key has a role that this program does not know");
            return Ok(None);
        };
        if stored.last_used_at.is_none_or(|used| now - used > USE_NOTED) {
            store.keys().used(&stored.id, now).await?;
        }
        let known = Arc::new(KnownKey { id: stored.id, name: stored.name, role });
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(hash, (Arc::clone(&known), Instant::now()));
        Ok(Some(known))
    }

    /// Returns whether keys are asked for, which they are since the first one was made.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub(crate) async fn is_used(&self, store: &Store) -> Result<bool, StoreError> {
        let remembered = *self.any.lock().unwrap_or_else(PoisonError::into_inner);
        // That a key was made never changes again, short of a restored backup.
        if let Some((any, _)) = remembered.filter(|(any, asked)| *any || asked.elapsed() < BELIEVED) {
            return Ok(any);
        }
        let any = store.keys().any().await?;
        *self.any.lock().unwrap_or_else(PoisonError::into_inner) = Some((any, Instant::now()));
        Ok(any)
    }

    /// Forgets all answers: a key was made or revoked.
    pub(crate) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.any.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remembered(&self, hash: &str) -> Option<Arc<KnownKey>> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(hash).filter(|(_, asked)| asked.elapsed() < BELIEVED).map(|(known, _)| Arc::clone(known))
    }
}
