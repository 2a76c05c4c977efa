//! Ctrl-C during long work.

use closecast_domain::Cancel;

use crate::failure::Failure;

/// Waits for `work`. Ctrl-C asks it to stop through `cancel`, and it ends by itself, in order.
///
/// # Errors
/// Those of the work.
pub(super) async fn cancelled_by_ctrl_c<T>(
    work: impl Future<Output = Result<T, Failure>>,
    cancel: Cancel,
) -> Result<T, Failure> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        _signal = tokio::signal::ctrl_c() => {
            cancel.cancel();
            work.await
        }
    }
}
