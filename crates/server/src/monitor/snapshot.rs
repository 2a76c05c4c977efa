//! Figures that are dear to gather, kept for a while.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

/// The newest of such figures. Of several who ask at once, one gathers.
pub(super) struct Snapshot<T> {
    kept: Mutex<Option<(Instant, Arc<T>)>>,
}

impl<T> Default for Snapshot<T> {
    fn default() -> Self {
        Self { kept: Mutex::default() }
    }
}

impl<T> Snapshot<T> {
    /// Returns the figures if they are younger than `age`, and those that `gather` returns otherwise.
    ///
    /// # Errors
    /// What `gather` failed with; nothing is kept then.
    pub(super) async fn get<E>(&self, age: Duration, gather: impl Future<Output = Result<T, E>>) -> Result<Arc<T>, E> {
        let mut kept = self.kept.lock().await;
        if let Some((at, figures)) = kept.as_ref()
            && at.elapsed() < age
        {
            return Ok(Arc::clone(figures));
        }
        let figures = Arc::new(gather.await?);
        *kept = Some((Instant::now(), Arc::clone(&figures)));
        Ok(figures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn figures_are_gathered_again_when_they_are_old_and_never_after_an_error() {
        let (snapshot, hour) = (Snapshot::default(), Duration::from_secs(3600));
        let gather = |value| std::future::ready(Ok::<i32, ()>(value));
        assert!(snapshot.get(hour, std::future::ready(Err::<i32, _>(()))).await.is_err());
        assert_eq!(*snapshot.get(hour, gather(1)).await.unwrap(), 1);
        assert_eq!(*snapshot.get(hour, gather(2)).await.unwrap(), 1);
        assert_eq!(*snapshot.get(Duration::ZERO, gather(3)).await.unwrap(), 3);
    }
}
