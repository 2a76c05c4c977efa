//! One response, counted until the connection has let go of all of it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    account::{ConnectionAccount, OVERHEAD_BYTES},
    ledger::CallerId,
};
use crate::byte_budget::ByteReservation;

/// Memory that a response took before it was made, and takes until it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Reserved(
    #[expect(dead_code, reason = "it is held, and given back when it is dropped")] pub(crate) Arc<ByteReservation>,
);

/// A response that is not read to its end. Every piece of it holds it.
#[derive(Debug)]
pub(super) struct TrackedResponse {
    account: Arc<ConnectionAccount>,
    number: u64,
    /// Bytes of the body that the connection has not let go of.
    rest: AtomicUsize,
    /// Of these at most so many count: a response alone is never too much.
    most: usize,
    /// Whom it counts for besides, with how many bytes.
    caller: Option<(CallerId, usize)>,
    _reserved: Option<Reserved>,
}

impl TrackedResponse {
    /// Counts a response of `length` bytes, of which `counted` take memory of their own.
    pub(super) fn begin(
        account: &Arc<ConnectionAccount>,
        (length, counted): (usize, usize),
        caller: Option<(CallerId, usize)>,
        reserved: Option<Reserved>,
    ) -> Arc<Self> {
        let number = account.begin_response(length);
        let most = account.ledger.limits().per_response;
        account.add(counted.min(most) + OVERHEAD_BYTES);
        let rest = AtomicUsize::new(counted);
        Arc::new(Self { account: Arc::clone(account), number, rest, most, caller, _reserved: reserved })
    }

    /// Corrects the number of bytes that take memory, which is known better now.
    pub(super) fn set_counted(&self, counted: usize) {
        let before = self.rest.swap(counted, Ordering::Relaxed).min(self.most);
        let after = counted.min(self.most);
        if after > before {
            self.account.add(after - before);
        } else {
            self.account.remove(before - after);
        }
    }

    /// Gives back so many bytes, which the connection has let go of.
    pub(super) fn release(&self, bytes: usize) {
        let before = self.rest.fetch_sub(bytes, Ordering::Relaxed);
        let after = before.saturating_sub(bytes);
        self.account.release(before.min(self.most) - after.min(self.most));
    }
}

impl Drop for TrackedResponse {
    fn drop(&mut self) {
        self.account.end_response(self.number);
        self.account.remove(OVERHEAD_BYTES);
        if let Some((caller, bytes)) = self.caller {
            self.account.ledger.remove_of_caller(caller, bytes);
        }
    }
}
