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

use super::ledger::{BufferLedger, CallerId, Connection};

/// Memory of a request or a response beside its body: headers, the state of its stream, its task.
pub(super) const OVERHEAD_BYTES: usize = 4 * 1024;

/// Time that every response may take to be read, however short it is.
const BASE_TIME: Duration = Duration::from_secs(30);

/// Slowest speed, in bytes a second, at which a client may read a response.
const MIN_READ_RATE: usize = 16 * 1024;

/// Counts the bytes that are held for one connection. It leaves the ledger when it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionAccount {
    id: u64,
    pub(super) ledger: Arc<BufferLedger>,
    held: AtomicUsize,
    /// Who sent the newest request.
    caller: Mutex<Option<CallerId>>,
    /// When bytes were last given back, or first held, in milliseconds of the ledger's time.
    progress: AtomicU64,
    /// Responses that are not read to their end, by number, with the moment until when they must be.
    deadlines: Mutex<Vec<(u64, Instant)>>,
    next_response: AtomicU64,
    released: Notify,
    cut: CancellationToken,
}

impl ConnectionAccount {
    /// Opens the account of a connection, which ends when `cut` is cancelled.
    pub(crate) fn open(ledger: &Arc<BufferLedger>, cut: CancellationToken) -> Arc<Self> {
        ledger.register(|id| Self {
            id,
            ledger: Arc::clone(ledger),
            held: AtomicUsize::new(0),
            caller: Mutex::default(),
            progress: AtomicU64::new(0),
            deadlines: Mutex::default(),
            next_response: AtomicU64::new(0),
            released: Notify::new(),
            cut,
        })
    }

    /// Waits until so little is held for the connection that another request can begin, which is the caller's.
    pub(crate) async fn ready(&self, caller: Option<CallerId>) {
        while self.is_full() {
            let released = self.released.notified();
            // It may have been given back in between.
            if self.is_full() {
                released.await;
            }
        }
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner) = caller;
    }

    /// Opens the account of a response that is `length` bytes long, and returns its number.
    pub(super) fn begin_response(&self, length: usize) -> u64 {
        let number = self.next_response.fetch_add(1, Ordering::Relaxed);
        let time = BASE_TIME + Duration::from_secs((length / MIN_READ_RATE) as u64);
        self.lock().push((number, Instant::now() + time));
        number
    }

    /// Closes the account of a response.
    pub(super) fn end_response(&self, number: u64) {
        self.lock().retain(|&(other, _)| other != number);
    }

    fn is_full(&self) -> bool {
        self.held() >= self.ledger.limits().per_connection
    }

    /// Counts so many more bytes.
    pub(super) fn add(&self, bytes: usize) {
        if self.held.fetch_add(bytes, Ordering::Relaxed) == 0 {
            self.note_progress();
        }
        self.ledger.add(bytes);
    }

    /// Counts so many bytes less, which the client has taken.
    pub(super) fn release(&self, bytes: usize) {
        self.note_progress();
        self.remove(bytes);
    }

    /// Counts so many bytes less.
    pub(super) fn remove(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        self.ledger.remove(bytes);
        self.released.notify_waiters();
    }

    fn note_progress(&self) {
        self.progress.store(self.ledger.millis(), Ordering::Relaxed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Instant)>> {
        self.deadlines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection for ConnectionAccount {
    fn caller(&self) -> Option<CallerId> {
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    fn is_stalled(&self, time: Duration) -> bool {
        let since = self.ledger.millis().saturating_sub(self.progress.load(Ordering::Relaxed));
        u128::from(since) >= time.as_millis()
    }

    fn is_late(&self, now: Instant) -> bool {
        self.lock().iter().any(|&(_, deadline)| deadline < now)
    }

    fn close(&self) {
        self.cut.cancel();
    }

    fn is_closed(&self) -> bool {
        self.cut.is_cancelled()
    }
}

impl Drop for ConnectionAccount {
    fn drop(&mut self) {
        self.ledger.unregister(self.id);
    }
}
