//! The keys that were asked for of late: a request is not to wait for the database.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use closecast_store::{Store, StoreError};

use closecast_app::access::{Key, Role};

/// How long an answer of the database is believed: this long a revoked key may still open, on another server.
const BELIEVED: Duration = Duration::from_secs(10);

/// The same for the answer that there is no key yet, while everybody may do everything.
const NONE_BELIEVED: Duration = Duration::from_secs(1);

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
    /// How often all was forgotten: an answer from before is not to be remembered after.
    forgotten: AtomicU64,
    noting: Arc<tokio::sync::Mutex<()>>,
}

impl Keyring {
    /// Returns the key, if it opened a moment ago.
    pub(crate) fn remembered(&self, key: &Key) -> Option<Arc<KnownKey>> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&key.hash()).filter(|(_, asked)| asked.elapsed() < BELIEVED).map(|(known, _)| Arc::clone(known))
    }

    /// Returns the key if it opened when the database last answered about it, however long ago.
    pub(crate) fn last_known(&self, key: &Key) -> Option<Arc<KnownKey>> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&key.hash()).map(|(known, _)| Arc::clone(known))
    }

    /// Returns whether keys were used when the database last answered about it, however long ago.
    pub(crate) fn were_last_used(&self) -> Option<bool> {
        self.any.lock().unwrap_or_else(PoisonError::into_inner).map(|(any, _)| any)
    }

    /// Asks the database for the key, and returns it if it opens. One that does not is no longer [`Keyring::last_known`].
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
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let Some(stored) = store.keys().with_hash(&hash).await? else {
            self.forget_key(&hash);
            return Ok(None);
        };
        let Ok(role) = stored.role.parse::<Role>() else {
            tracing::error!(key = stored.id, role = stored.role, "a key has a role that this program does not know");
            self.forget_key(&hash);
            return Ok(None);
        };
        if stored.last_used_at.is_none_or(|used| now - used > USE_NOTED) {
            self.note_use(store, stored.id.clone(), now);
        }
        let known = Arc::new(KnownKey { id: stored.id, name: stored.name, role });
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if self.forgotten.load(Ordering::SeqCst) != forgotten {
            return Ok(Some(known));
        }
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(hash, (Arc::clone(&known), Instant::now()));
        Ok(Some(known))
    }

    /// Writes down when a key was used, while its owner is answered already: neither a full disk nor somebody who writes for long
    /// keeps readers out. One use is written at a time; the next request is noted when this one is not.
    fn note_use(&self, store: &Store, id: String, now: DateTime<Utc>) {
        let Ok(turn) = Arc::clone(&self.noting).try_lock_owned() else { return };
        let store = store.clone();
        tokio::spawn(async move {
            let _turn = turn;
            if let Err(error) = store.keys().record_use(&id, now).await {
                tracing::warn!(%error, "when a key was last used cannot be written down");
            }
        });
    }

    /// Returns whether keys are asked for, which they are since the first one was made.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub(crate) async fn is_used(&self, store: &Store) -> Result<bool, StoreError> {
        let remembered = *self.any.lock().unwrap_or_else(PoisonError::into_inner);
        // That a key was made never changes again, short of a restored backup.
        if let Some((any, _)) = remembered.filter(|(any, asked)| *any || asked.elapsed() < NONE_BELIEVED) {
            return Ok(any);
        }
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let any = store.keys().any().await?;
        let mut remembered = self.any.lock().unwrap_or_else(PoisonError::into_inner);
        if self.forgotten.load(Ordering::SeqCst) == forgotten {
            *remembered = Some((any, Instant::now()));
        }
        Ok(any)
    }

    /// Forgets a key that does not open: it must not open again while the database is away.
    fn forget_key(&self, hash: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.remove(hash).is_some() {
            // Nor is an answer remembered that was asked for before this one.
            self.forgotten.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Forgets all answers: a key was made or revoked.
    pub(crate) fn forget(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut any = self.any.lock().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        known.clear();
        *any = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another server revokes it.
    #[tokio::test]
    async fn key_is_not_known_any_more_when_the_database_says_that_it_was_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let (keyring, now) = (Keyring::default(), DateTime::<Utc>::UNIX_EPOCH);
        let (key, other) = (Key::random().unwrap(), Key::random().unwrap());
        let id = store.keys().add("ana", "admin", &key.hash(), now).await.unwrap();
        store.keys().add("ben", "admin", &other.hash(), now).await.unwrap();
        for key in [&key, &other] {
            assert!(keyring.find(&store, key, now).await.unwrap().is_some());
            assert!(keyring.last_known(key).is_some());
        }
        assert!(store.keys().revoke(&id, now).await.unwrap());
        assert!(keyring.find(&store, &key, now).await.unwrap().is_none());
        assert!(keyring.last_known(&key).is_none() && keyring.remembered(&key).is_none());
        assert!(keyring.last_known(&other).is_some());
    }
}
