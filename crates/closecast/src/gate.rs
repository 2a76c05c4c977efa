//! A bounded queue before arithmetic: who would have to wait too long is told so at once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::failure::Failure;

/// Lets so many in at a time, and so many wait.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Semaphore,
    all_places: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    rejected: AtomicU64,
}

/// A gate as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GateFigures {
    /// Places there are.
    pub(crate) places: usize,
    /// Places that are taken.
    pub(crate) taken: usize,
    /// How many wait.
    pub(crate) waiting: usize,
    /// How many were turned away so far.
    pub(crate) rejected: u64,
}

/// Counts one who waits, however the waiting ends.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    /// Returns a gate for `places` at a time, with room for `most_waiting` before it.
    pub(crate) fn new(places: usize, most_waiting: usize) -> Self {
        let (waiting, rejected) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { places: Semaphore::new(places), all_places: places, waiting, most_waiting, rejected }
    }

    /// Returns a place, at once or after those who came before.
    ///
    /// # Errors
    /// [`Failure::Busy`] when too many wait already.
    pub(crate) async fn enter(&self) -> Result<SemaphorePermit<'_>, Failure> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.rejected.fetch_add(1, Ordering::Relaxed);
            return Err(Failure::Busy);
        }
        let _counted = Waiting(&self.waiting);
        self.places.acquire().await.map_err(|_closed| Failure::Busy)
    }

    /// Returns how busy it is.
    pub(crate) fn figures(&self) -> GateFigures {
        GateFigures {
            places: self.all_places,
            taken: self.all_places.saturating_sub(self.places.available_permits()),
            waiting: self.waiting.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_enter_so_many_wait_and_the_rest_is_turned_away() {
        let gate = std::sync::Arc::new(Gate::new(2, 1));
        let first = gate.enter().await.unwrap();
        let _second = gate.enter().await.unwrap();
        let other = std::sync::Arc::clone(&gate);
        let third = tokio::spawn(async move { other.enter().await.map(drop).is_ok() });
        tokio::task::yield_now().await;
        assert!(matches!(gate.enter().await, Err(Failure::Busy)));
        assert_eq!(gate.figures(), GateFigures { places: 2, taken: 2, waiting: 1, rejected: 1 });
        drop(first);
        assert!(third.await.unwrap());
        assert!(gate.enter().await.is_ok());
    }

    #[tokio::test]
    async fn who_gives_up_waiting_makes_room() {
        let gate = Gate::new(1, 1);
        let _inside = gate.enter().await.unwrap();
        for _ in 0..3 {
            let patience = std::time::Duration::from_millis(5);
            assert!(tokio::time::timeout(patience, gate.enter()).await.is_err());
        }
    }
}
