//! Bounds the bytes that several users of a resource take together: temporary files of the disk, large answers of the memory.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts the bytes that are taken, up to a maximum for all users together.
#[derive(Debug)]
pub(crate) struct ByteBudget {
    used: AtomicU64,
    limit: u64,
}

/// Bytes of the budget that belong to one user, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct ByteReservation {
    budget: Arc<ByteBudget>,
    bytes: u64,
}

/// The budget has no room for more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BudgetExhausted;

impl ByteBudget {
    /// Returns an unused budget of `limit` bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self { used: AtomicU64::new(0), limit }
    }

    /// Returns a reservation of so many bytes, if they fit, or if nothing is taken: what is larger than the budget goes alone.
    pub(crate) fn reserve_whole(self: &Arc<Self>, bytes: u64) -> Option<ByteReservation> {
        let limit = self.limit;
        let add = |used: u64| used.checked_add(bytes).filter(|&sum| used == 0 || sum <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()?;
        Some(ByteReservation { budget: Arc::clone(self), bytes })
    }

    /// Returns a reservation of no bytes yet.
    pub(crate) fn reserve(self: &Arc<Self>) -> ByteReservation {
        ByteReservation { budget: Arc::clone(self), bytes: 0 }
    }
}

impl ByteReservation {
    /// Takes `bytes` more of the budget.
    ///
    /// # Errors
    /// [`BudgetExhausted`] when they do not fit; what was taken before stays taken.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), BudgetExhausted> {
        let limit = self.budget.limit;
        let add = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= limit);
        let added = self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        added.map_err(|_full| BudgetExhausted)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for ByteReservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reservation_is_refused_beyond_the_limit_and_freed_when_it_is_dropped() {
        let budget = Arc::new(ByteBudget::new(10));
        let (mut first, mut second) = (budget.reserve(), budget.reserve());
        assert_eq!(first.grow(6), Ok(()));
        assert_eq!(second.grow(5), Err(BudgetExhausted));
        assert_eq!(second.grow(4), Ok(()));
        assert_eq!(second.grow(u64::MAX), Err(BudgetExhausted));
        drop(first);
        assert_eq!(second.grow(6), Ok(()));
        drop(second);
        let alone = budget.reserve_whole(25).unwrap();
        assert!(budget.reserve_whole(1).is_none());
        drop(alone);
        assert!(budget.reserve_whole(6).is_some_and(|_six| budget.reserve_whole(5).is_none()));
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }
}
