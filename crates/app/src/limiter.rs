//! A bounded queue before arithmetic: who would have to wait too long is told so at once.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::AppError;

/// Lets so many in at a time, and so many wait.
#[derive(Debug)]
pub struct ConcurrencyLimiter {
    places: Arc<Semaphore>,
    all_places: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    rejected: AtomicU64,
}

/// A gate as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimiterFigures {
    /// Places there are.
    pub places: usize,
    /// Places that are taken.
    pub taken: usize,
    /// How many wait.
    pub waiting: usize,
    /// How many were turned away so far.
    pub rejected: u64,
}

/// Counts one who waits, however the waiting ends.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConcurrencyLimiter {
    /// Returns a gate for `places` at a time, with room for `most_waiting` before it.
    pub fn new(places: usize, most_waiting: usize) -> Self {
        let (waiting, rejected) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { places: Arc::new(Semaphore::new(places)), all_places: places, waiting, most_waiting, rejected }
    }

    /// Returns a place, at once or after those who came before.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit, AppError> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.rejected.fetch_add(1, Ordering::Relaxed);
            return Err(AppError::Busy);
        }
        let _counted = Waiting(&self.waiting);
        Arc::clone(&self.places).acquire_owned().await.map_err(|_closed| AppError::Busy)
    }

    /// Does `work` in a place of its own, away from the threads that answer. Who asks and then hangs up has the place until the
    /// work is done: a place that were free before would let in more work than there are processors.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already, [`AppError::Internal`] if the work panics.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let place = self.enter().await?;
        holding(place, work).await
    }

    /// Returns how busy it is.
    pub fn figures(&self) -> LimiterFigures {
        LimiterFigures {
            places: self.all_places,
            taken: self.all_places.saturating_sub(self.places.available_permits()),
            waiting: self.waiting.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
        }
    }
}

/// Does `work` away from the threads that answer, and lets `place` go when it is done, whether or not anybody waits for it still.
///
/// # Errors
/// [`AppError::Internal`] if the work panics.
pub async fn holding<T: Send + 'static>(
    place: impl Send + 'static,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    let work = move || {
        let _held = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|panic| AppError::Internal(panic.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_enter_so_many_wait_and_the_rest_is_turned_away() {
        let gate = std::sync::Arc::new(ConcurrencyLimiter::new(2, 1));
        let first = gate.enter().await.unwrap();
        let _second = gate.enter().await.unwrap();
        let other = std::sync::Arc::clone(&gate);
        let third = tokio::spawn(async move { other.enter().await.map(drop).is_ok() });
        tokio::task::yield_now().await;
        assert!(matches!(gate.enter().await, Err(AppError::Busy)));
        assert_eq!(gate.figures(), LimiterFigures { places: 2, taken: 2, waiting: 1, rejected: 1 });
        drop(first);
        assert!(third.await.unwrap());
        assert!(gate.enter().await.is_ok());
    }

    #[tokio::test]
    async fn who_gives_up_waiting_makes_room() {
        let gate = ConcurrencyLimiter::new(1, 1);
        let _inside = gate.enter().await.unwrap();
        for _ in 0..3 {
            let patience = std::time::Duration::from_millis(5);
            assert!(tokio::time::timeout(patience, gate.enter()).await.is_err());
        }
    }
    #[tokio::test]
    async fn who_hangs_up_has_the_place_until_the_work_is_done() {
        let gate = ConcurrencyLimiter::new(1, 0);
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let patience = std::time::Duration::from_millis(20);
        let work = gate.compute(move || finished.recv().is_ok());
        assert!(tokio::time::timeout(patience, work).await.is_err());
        assert!(matches!(gate.compute(|| ()).await, Err(AppError::Busy)));
        assert_eq!(gate.figures().taken, 1);
        finish.send(()).unwrap();
        while gate.figures().taken > 0 {
            tokio::time::sleep(patience).await;
        }
        assert_eq!(gate.compute(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_panics_leaves_its_place() {
        let gate = ConcurrencyLimiter::new(1, 0);
        assert!(matches!(gate.compute(|| panic!("on purpose")).await, Err::<(), _>(AppError::Internal(_))));
        assert!(gate.compute(|| ()).await.is_ok());
    }
}
