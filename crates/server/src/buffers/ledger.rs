//! The sum of all that is held for clients, and what happens when it is too large.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher as _},
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Semaphore, time::Instant};

use crate::security::network;

/// How often it is looked for responses that are not read in time.
const SWEEP_INTERVAL: Duration = Duration::from_secs(2);

/// Part of all bytes that may be held for one caller, and for one connection.
const CALLER_SHARE: usize = 4;
const CONNECTION_SHARE: usize = 16;

/// Part of all bytes that one response counts at most, so that none is too large to be sent.
const RESPONSE_SHARE: usize = 2;

/// A connection that has let go of nothing for so long is closed before one that reads.
const STALL: Duration = Duration::from_secs(1);

/// A response larger than this counts for its caller too.
pub(super) const LARGE_RESPONSE: usize = 64 * 1024;

/// How many bytes may be held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) total: usize,
    pub(super) per_caller: usize,
    pub(super) per_connection: usize,
    pub(super) per_response: usize,
}

/// A caller, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CallerId(u64);

impl CallerId {
    /// Returns the caller with that key.
    pub(crate) fn of_key(key: &str) -> Self {
        Self::of(key)
    }

    /// Returns the caller at that address or, in version 6, of that network of 64 bits; `None` for this machine, which speaks for many.
    pub(crate) fn of_address(address: IpAddr) -> Option<Self> {
        (!address.is_loopback()).then(|| Self::of(network(address)))
    }

    fn of(who: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        who.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// A connection, as far as the ledger knows it.
pub(super) trait Connection: Send + Sync + std::fmt::Debug {
    /// Returns the bytes that are held for the connection.
    fn held(&self) -> usize;
    /// Returns the caller of the newest request.
    fn caller(&self) -> Option<CallerId>;
    /// Returns whether the client has taken nothing for so long.
    fn is_stalled(&self, time: Duration) -> bool;
    /// Returns whether a response should have been read by `now`.
    fn is_late(&self, now: Instant) -> bool;
    /// Returns whether the connection was closed.
    fn is_closed(&self) -> bool;
    /// Closes the connection.
    fn close(&self);
}

/// Counts the bytes that are held for all connections.
#[derive(Debug)]
pub(crate) struct BufferLedger {
    limits: Limits,
    total: AtomicUsize,
    connections: Mutex<HashMap<u64, Weak<dyn Connection>>>,
    next_connection: AtomicU64,
    /// Bytes of large responses that are not read.
    callers: Mutex<HashMap<CallerId, usize>>,
    closed: AtomicU64,
    /// Places of large responses that are compressed.
    compressions: Semaphore,
    begun: Instant,
}

impl BufferLedger {
    /// Returns a ledger that allows so many bytes in all.
    pub(crate) fn new(total: usize) -> Arc<Self> {
        let limits = Limits {
            total,
            per_caller: total / CALLER_SHARE,
            per_connection: (total / CONNECTION_SHARE).max(1),
            per_response: total / RESPONSE_SHARE,
        };
        Arc::new(Self {
            limits,
            total: AtomicUsize::new(0),
            connections: Mutex::default(),
            next_connection: AtomicU64::new(0),
            callers: Mutex::default(),
            closed: AtomicU64::new(0),
            compressions: Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
            begun: Instant::now(),
        })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn compressions(&self) -> &Semaphore {
        &self.compressions
    }

    /// Returns the time since the ledger was made, in milliseconds.
    pub(super) fn millis(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn register<C: Connection + 'static>(&self, make: impl FnOnce(u64) -> C) -> Arc<C> {
        let id = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(make(id));
        let weak: Weak<C> = Arc::downgrade(&connection);
        self.lock().insert(id, weak);
        connection
    }

    pub(super) fn unregister(&self, id: u64) {
        self.lock().remove(&id);
    }

    pub(super) fn add(&self, bytes: usize) {
        if self.total.fetch_add(bytes, Ordering::Relaxed) + bytes > self.limits.total {
            self.close_largest();
        }
    }

    pub(super) fn remove(&self, bytes: usize) {
        self.total.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Counts a large response for its caller; returns whether there is room for it. The first one has room whatever its size.
    pub(super) fn add_of_caller(&self, caller: CallerId, bytes: usize) -> bool {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let unread = callers.entry(caller).or_default();
        if *unread > 0 && *unread + bytes > self.limits.per_caller {
            return false;
        }
        *unread += bytes;
        true
    }

    pub(super) fn remove_of_caller(&self, caller: CallerId, bytes: usize) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(unread) = callers.get_mut(&caller) {
            *unread = unread.saturating_sub(bytes);
            if *unread == 0 {
                callers.remove(&caller);
            }
        }
    }

    /// Closes connections until the others are within the limit: of the caller for whom most is held, first those that do not read, then
    /// those that hold most. Connections that were closed before may still be on their way out.
    fn close_largest(&self) {
        let mut open: Vec<_> = self.accounts().into_iter().filter(|account| !account.is_closed()).collect();
        let mut sum: usize = open.iter().map(|account| account.held()).sum();
        let mut callers: HashMap<_, usize> = HashMap::new();
        for account in &open {
            *callers.entry(caller_of(account.as_ref())).or_default() += account.held();
        }
        while sum > self.limits.total {
            let of_caller = |account: &dyn Connection| callers.get(&caller_of(account)).copied().unwrap_or_default();
            let rank = |place: &usize| {
                let account = &open[*place];
                (account.is_stalled(STALL), of_caller(account.as_ref()), account.held())
            };
            let Some(place) = (0..open.len()).filter(|&place| open[place].held() > 0).max_by_key(rank) else { return };
            let largest = open.swap_remove(place);
            sum = sum.saturating_sub(largest.held());
            if let Some(held) = callers.get_mut(&caller_of(largest.as_ref())) {
                *held = held.saturating_sub(largest.held());
            }
            self.close(largest.as_ref(), "requests and unread responses take too much memory");
        }
    }

    /// Closes every connection with a response that should have been read by now, again and again.
    pub(crate) async fn sweep(self: Arc<Self>) {
        loop {
            tokio::time::sleep(SWEEP_INTERVAL).await;
            let now = Instant::now();
            for account in self.accounts() {
                if account.held() > 0 && !account.is_closed() && account.is_late(now) {
                    self.close(account.as_ref(), "a response was not read in time");
                }
            }
        }
    }

    fn close(&self, account: &dyn Connection, reason: &str) {
        account.close();
        // The first one, then each time that their number doubles: they may be very many.
        let closed = self.closed.fetch_add(1, Ordering::Relaxed) + 1;
        if closed.is_power_of_two() {
            tracing::warn!(connections_closed = closed, "a connection was closed: {reason}");
        }
    }

    fn accounts(&self) -> Vec<Arc<dyn Connection>> {
        self.lock().values().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Weak<dyn Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the caller of a connection; one that nothing is known of stands for itself.
fn caller_of(account: &dyn Connection) -> Result<CallerId, *const ()> {
    account.caller().ok_or(std::ptr::from_ref(account).cast())
}
