//! Ctrl-C during long work.

use closecast_app::error::AppError;
use std::time::Duration;

use closecast_domain::{Cancel, ForecastError};

/// How long work that was asked to stop may take to end in order: what it waits for, such as a database, may never answer.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits for `work`. Ctrl-C asks it to stop through `cancel`, and it ends by itself, in order. A second Ctrl-C ends it at once, and so
/// does the end of its patience.
///
/// # Errors
/// Those of the work.
pub(super) async fn cancelled_by_ctrl_c<T>(
    work: impl Future<Output = Result<T, AppError>>,
    cancel: Cancel,
) -> Result<T, AppError> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        _signal = tokio::signal::ctrl_c() => {
            cancel.cancel();
            end_in_time(work, async { _ = tokio::signal::ctrl_c().await }).await
        }
    }
}

/// Waits for the end of work that was asked to stop, for [`LIMIT`] at most and until `at_once` returns.
async fn end_in_time<T>(
    work: impl Future<Output = Result<T, AppError>>,
    at_once: impl Future<Output = ()>,
) -> Result<T, AppError> {
    tokio::select! {
        done = work => return done,
        () = at_once => tracing::warn!("ended at once: the work did not end in order"),
        () = tokio::time::sleep(LIMIT) => tracing::error!("the work did not end within {LIMIT:?} and was cut"),
    }
    Err(ForecastError::Cancelled.into())
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_is_cut_when_it_does_not_end_in_time() {
        let begun = Instant::now();
        let cut = end_in_time(pending::<Result<(), AppError>>(), pending()).await;
        assert!(cut.unwrap_err().is_cancelled());
        assert_eq!(begun.elapsed(), LIMIT);
        let cut = end_in_time(pending::<Result<(), AppError>>(), ready(())).await;
        assert!(cut.unwrap_err().is_cancelled());
        assert_eq!(begun.elapsed(), LIMIT, "a second signal is not waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn result_is_returned_when_the_work_ends_in_time() {
        let work = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Ok(7)
        };
        assert_eq!(end_in_time(work, pending()).await.unwrap(), 7);
    }
}
