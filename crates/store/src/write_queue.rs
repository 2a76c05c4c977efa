//! A queue for the writers of this program.

use std::{sync::Arc, time::Duration};

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::DatabaseAddress;

/// How long those writers wait for each other that wait their turn: longer than many short writes take.
const TURN_TIMEOUT: Duration = Duration::from_secs(3);

/// Whose turn it is to write what many requests write at once. SQLite has one writer at a time: those of this program wait here
/// for each other and hold no connection meanwhile, so that readers find one even while another program keeps the database locked.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Option<Arc<Semaphore>>);

impl Turns {
    pub(crate) fn new(address: &DatabaseAddress) -> Self {
        Self(matches!(address, DatabaseAddress::Sqlite(_)).then(|| Arc::new(Semaphore::new(1))))
    }

    /// Waits for the turn, which lasts until what is returned is dropped.
    ///
    /// # Errors
    /// [`DbErr::ConnectionAcquire`] when the turn does not come in time.
    pub(crate) async fn take(&self) -> Result<Option<SemaphorePermit<'_>>, DbErr> {
        let Some(turns) = &self.0 else { return Ok(None) };
        match tokio::time::timeout(TURN_TIMEOUT, turns.acquire()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            Ok(Err(_)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }
}
