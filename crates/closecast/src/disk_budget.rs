//! Bounds the disk space that temporary files take together.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts the bytes that temporary files take, up to a maximum for all of them together.
#[derive(Debug)]
pub(crate) struct DiskBudget {
    used: AtomicU64,
    limit: u64,
}

/// Bytes of the budget that belong to one file, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct DiskReservation {
    budget: Arc<DiskBudget>,
    bytes: u64,
}

/// The budget has no room for more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DiskBudgetExhausted;

impl DiskBudget {
    /// Returns an unused budget of `limit` bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self { used: AtomicU64::new(0), limit }
    }

    /// Returns a reservation of no bytes yet.
    pub(crate) fn reserve(self: &Arc<Self>) -> DiskReservation {
        DiskReservation { budget: Arc::clone(self), bytes: 0 }
    }
}

impl DiskReservation {
    /// Takes `bytes` more of the budget.
    ///
    /// # Errors
    /// [`DiskBudgetExhausted`] when they do not fit; what was taken before stays taken.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), DiskBudgetExhausted> {
        let limit = self.budget.limit;
        let add = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= limit);
        let added = self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        added.map_err(|_full| DiskBudgetExhausted)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for DiskReservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reservation_is_refused_beyond_the_limit_and_freed_when_it_is_dropped() {
        let budget = Arc::new(DiskBudget::new(10));
        let (mut first, mut second) = (budget.reserve(), budget.reserve());
        assert_eq!(first.grow(6), Ok(()));
        assert_eq!(second.grow(5), Err(DiskBudgetExhausted));
        assert_eq!(second.grow(4), Ok(()));
        assert_eq!(second.grow(u64::MAX), Err(DiskBudgetExhausted));
        drop(first);
        assert_eq!(second.grow(6), Ok(()));
        drop(second);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }
}
