//! What is held for one connection.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::ledger::{BufferLedger, CallerId};

/// Memory of a request or a response beside its body: headers, the state of its stream, its task.
pub(super) const OVERHEAD_BYTES: usize = 4 * 1024;

/// Time that every response may take to be read, however short it is.
const BASE_TIME: Duration = Duration::from_secs(30);

/// Slowest speed, in bytes a second, at which a client may read a response.
const MIN_READ_RATE: usize = 16 * 1024;

/// Counts the bytes that are held for one connection. It leaves the ledger when it is dropped.
#[derive(Debug)]
pub(in crate::server) struct ConnectionAccount {
    id: u64,
    ledger: Arc<BufferLedger>,
    held: AtomicUsize,
    /// Responses that are not read to their end, by number, with the moment until when they must be.
    deadlines: Mutex<Vec<(u64, Instant)>>,
    next_response: AtomicU64,
    released: Notify,
    cut: CancellationToken,
}

impl ConnectionAccount {
    /// Opens the account of a connection, which ends when `cut` is cancelled.
    pub(in crate::server) fn open(ledger: &Arc<BufferLedger>, cut: CancellationToken) -> Arc<Self> {
        ledger.register(|id| Self {
            id,
            ledger: Arc::clone(ledger),
            held: AtomicUsize::new(0),
            deadlines: Mutex::default(),
            next_response: AtomicU64::new(0),
            released: Notify::new(),
            cut,
        })
    }

    /// Waits until so little is held for the connection that another request can begin.
    pub(in crate::server) async fn ready(&self) {
        loop {
            let released = self.released.notified();
            if self.held() < self.ledger.limits().per_connection {
                return;
            }
            released.await;
        }
    }

    /// Counts a response of so many bytes, and returns what its pieces are given back to.
    pub(super) fn charge(self: &Arc<Self>, bytes: usize, caller: Option<CallerId>) -> Arc<TrackedResponse> {
        let number = self.next_response.fetch_add(1, Ordering::Relaxed);
        let time = BASE_TIME + Duration::from_secs((bytes / MIN_READ_RATE) as u64);
        self.lock().push((number, Instant::now() + time));
        self.add(bytes + OVERHEAD_BYTES);
        Arc::new(TrackedResponse { account: Arc::clone(self), number, caller: caller.map(|caller| (caller, bytes)) })
    }

    /// Returns the bytes that are held for the connection.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Returns whether a response should have been read by now.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.lock().iter().any(|&(_, deadline)| deadline < now)
    }

    /// Closes the connection.
    pub(super) fn close(&self) {
        self.cut.cancel();
    }

    /// Returns whether the connection was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.cut.is_cancelled()
    }

    /// Counts so many more bytes.
    pub(super) fn add(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        self.ledger.add(bytes);
    }

    /// Counts so many bytes less.
    pub(super) fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        self.ledger.remove(bytes);
        self.released.notify_waiters();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Instant)>> {
        self.deadlines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionAccount {
    fn drop(&mut self) {
        self.ledger.unregister(self.id);
    }
}

/// A response that is not read to its end. It is held by every piece of it.
#[derive(Debug)]
pub(super) struct TrackedResponse {
    account: Arc<ConnectionAccount>,
    number: u64,
    /// Whom it counts for besides, with its size.
    caller: Option<(CallerId, usize)>,
}

impl TrackedResponse {
    /// Gives back so many bytes, which the connection has let go of.
    pub(super) fn release(&self, bytes: usize) {
        self.account.release(bytes);
    }
}

impl Drop for TrackedResponse {
    fn drop(&mut self) {
        self.account.lock().retain(|&(number, _)| number != self.number);
        self.account.release(OVERHEAD_BYTES);
        if let Some((caller, bytes)) = self.caller {
            self.account.ledger.remove_of_caller(caller, bytes);
        }
    }
}
