//! Whether the database answers, asked at most once a second: anybody may ask, as often as they like.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use closecast_store::{Store, StoreError};

/// How long a good answer is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// When the database last answered.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<Instant>>);

impl Readiness {
    /// Returns when the database answers, or did so a moment ago.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub(crate) async fn check(&self, store: &Store) -> Result<(), StoreError> {
        let answered = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.is_some_and(|at| at.elapsed() < BELIEVED) {
            return Ok(());
        }
        store.ping().await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(())
    }
}
