//! Whether the database can be read and written, checked at most once a second: anybody may ask, as often as they like.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use closecast_app::store_state::NotReady;
use closecast_store::{Store, StoreError};
use tokio::{sync::watch, time::Instant};

/// How long a result is given again.
const KEPT: Duration = Duration::from_secs(1);

/// How long a check may take. The store waits two seconds for other writers.
const TIMEOUT: Duration = Duration::from_millis(2500);

/// When a check ended and with what, once it has.
type Outcome = Option<(Instant, Result<(), NotReady>)>;

/// The last check, which may still be running.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<watch::Receiver<Outcome>>>);

impl Readiness {
    /// Checks that the database can be read and written, unless that was checked a moment ago. One check runs at a time, in a task of
    /// its own: all who ask meanwhile get its result, and it is kept when none of them waits for it.
    ///
    /// # Errors
    /// [`NotReady`] when it cannot; the log has the reason in full.
    pub(crate) async fn check(&self, store: &Store) -> Result<(), NotReady> {
        let store = store.clone();
        self.check_with(|| async move { store.check_ready().await }).await
    }

    async fn check_with<F>(&self, check: impl FnOnce() -> F) -> Result<(), NotReady>
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let mut outcome = self.current(check);
        match outcome.wait_for(Option::is_some).await.map(|ended| *ended) {
            Ok(Some((_at, result))) => result,
            // The check has panicked.
            Ok(None) | Err(_) => Err(NotReady::NoAnswer),
        }
    }

    /// Returns the check that is running or has ended a moment ago, or else begins one.
    fn current<F>(&self, check: impl FnOnce() -> F) -> watch::Receiver<Outcome>
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = last.as_ref().filter(|outcome| is_current(outcome)) {
            return current.clone();
        }
        let (sender, receiver) = watch::channel(None);
        let checking = in_time(check());
        tokio::spawn(async move {
            let result = checking.await;
            sender.send_replace(Some((Instant::now(), result)));
        });
        *last = Some(receiver.clone());
        receiver
    }
}

/// Returns whether a check is running, or has ended a moment ago.
fn is_current(outcome: &watch::Receiver<Outcome>) -> bool {
    let ended = *outcome.borrow();
    match ended {
        Some((at, _)) => at.elapsed() < KEPT,
        // Without a sender it has panicked.
        None => outcome.has_changed().is_ok(),
    }
}

/// Waits for a check, as long as it may take, and logs why it fails.
async fn in_time(check: impl Future<Output = Result<(), StoreError>>) -> Result<(), NotReady> {
    match tokio::time::timeout(TIMEOUT, check).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::error!(%error, "the database cannot be used");
            Err(NotReady::from(&error))
        }
        Err(_late) => {
            tracing::error!("the database cannot be used: it does not answer within {TIMEOUT:?}");
            Err(NotReady::NoAnswer)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// Counts itself, and takes some time.
    async fn checked(checks: Arc<AtomicUsize>) -> Result<(), StoreError> {
        checks.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn check_runs_once_when_those_who_ask_hang_up() {
        let (readiness, checks) = (Readiness::default(), Arc::new(AtomicUsize::new(0)));
        let ask = || readiness.check_with(|| checked(Arc::clone(&checks)));
        for _ in 0..20 {
            _ = tokio::time::timeout(Duration::from_millis(20), ask()).await;
        }
        assert_eq!(ask().await, Ok(()));
        assert_eq!(checks.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn check_fails_and_the_next_one_runs_when_it_panics() {
        let readiness = Readiness::default();
        let panics = || async { panic!("for the test") };
        assert_eq!(readiness.check_with(panics).await, Err(NotReady::NoAnswer));
        assert_eq!(readiness.check_with(|| async { Ok(()) }).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn check_runs_once_for_all_who_ask_within_a_second() {
        let (readiness, checks) = (Readiness::default(), Arc::new(AtomicUsize::new(0)));
        let ask = || readiness.check_with(|| checked(Arc::clone(&checks)));
        assert_eq!(tokio::join!(ask(), ask(), ask()), (Ok(()), Ok(()), Ok(())));
        assert_eq!(checks.load(Ordering::Relaxed), 1);
        tokio::time::sleep(KEPT).await;
        assert_eq!(ask().await, Ok(()));
        assert_eq!(checks.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn check_fails_in_time_when_the_database_hangs() {
        let (readiness, begun) = (Readiness::default(), Instant::now());
        let ask = || readiness.check_with(std::future::pending);
        assert_eq!(tokio::join!(ask(), ask()), (Err(NotReady::NoAnswer), Err(NotReady::NoAnswer)));
        assert_eq!(begun.elapsed(), TIMEOUT);
    }

    #[test]
    fn reason_names_no_path() {
        let path = std::path::PathBuf::from("/srv/secret");
        let folder = StoreError::Folder { path: path.clone(), source: std::io::Error::other("somewhere") };
        assert_eq!(NotReady::from(&folder).to_string(), "the folder of the database cannot be written");
        let replaced = StoreError::Replaced { path, reason: "/srv/other".to_owned() };
        let text = NotReady::from(&replaced).to_string();
        assert!(!text.contains("/srv"), "{text}");
    }
}
