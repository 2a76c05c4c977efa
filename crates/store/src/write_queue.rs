//! A queue for SQLite writers of this program.

use std::{sync::Arc, time::Duration};

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::DatabaseAddress;

/// How long a writer waits in the queue: longer than many short writes take.
const WRITE_QUEUE_TIMEOUT: Duration = Duration::from_secs(3);

/// Serialises frequent writes. SQLite has one writer at a time: writers of this program queue here without holding a
/// connection, so that readers find a free one even while another program keeps the database locked.
#[derive(Clone, Debug)]
pub(crate) struct WriteQueue(Option<Arc<Semaphore>>);

impl WriteQueue {
    pub(crate) fn new(address: &DatabaseAddress) -> Self {
        Self(matches!(address, DatabaseAddress::Sqlite(_)).then(|| Arc::new(Semaphore::new(1))))
    }

    /// Waits for a permit, which is held until it is dropped.
    ///
    /// # Errors
    /// [`DbErr::ConnectionAcquire`] when no permit is available in time.
    pub(crate) async fn acquire(&self) -> Result<Option<SemaphorePermit<'_>>, DbErr> {
        let Some(write_queue) = &self.0 else { return Ok(None) };
        match tokio::time::timeout(WRITE_QUEUE_TIMEOUT, write_queue.acquire()).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }
}
