//! The end of a long-lived program: each step has a deadline, and so have all of them together.

use std::time::Duration;

use tokio::time::Instant;

/// Time that all steps may take together, beside the requests in hand.
const TOTAL: Duration = Duration::from_secs(18);

/// Deadlines of a shutdown that has begun.
#[derive(Debug)]
pub(crate) struct Shutdown {
    deadline: Instant,
}

impl Shutdown {
    /// Returns the deadlines of a shutdown that begins now.
    pub(crate) fn begin() -> Self {
        Self { deadline: Instant::now() + TOTAL }
    }

    /// Does `work` for `limit` at most, and for no longer than all steps may take together. Work that takes longer is dropped, and the
    /// log says that `step` was cut.
    pub(crate) async fn step<T>(&self, step: &str, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let until = self.deadline.min(Instant::now() + limit);
        let done = tokio::time::timeout_at(until, work).await.ok();
        if done.is_none() {
            tracing::error!(step, "a step of the shutdown took too long and was cut");
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_within_its_total_when_every_step_hangs() {
        let begun = Instant::now();
        let shutdown = Shutdown::begin();
        for step in ["requests", "jobs", "database"] {
            let done = shutdown.step(step, Duration::from_secs(12), std::future::pending::<()>()).await;
            assert!(done.is_none(), "{step}");
        }
        assert_eq!(begun.elapsed(), TOTAL);
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_returns_the_result_of_a_step_that_ends_in_time() {
        let shutdown = Shutdown::begin();
        let work = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            7
        };
        assert_eq!(shutdown.step("work", Duration::from_secs(2), work).await, Some(7));
    }
}
