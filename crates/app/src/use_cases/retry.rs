//! Waiting for a database that is away for a moment.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use closecast_store::StoreError;

/// First pause between attempts, the longest, and how many there are: about five minutes in all.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
const ATTEMPTS: usize = 25;

/// Does `write` again while the store does not answer, for minutes: what has been worked for is not lost to a restart of
/// the database. Only for writes that may be done twice.
///
/// # Errors
/// Those of the last attempt, and at once any that waiting does not mend.
pub async fn until_the_store_answers<T, Write>(write: impl Fn() -> Write) -> Result<T, StoreError>
where
    Write: Future<Output = Result<T, StoreError>>,
{
    again_while(write, StoreError::is_transient).await
}

/// Does `write` again while another program keeps the database locked, for minutes. For writes that must not be done twice:
/// nothing was changed then.
///
/// # Errors
/// Those of the last attempt, and at once any other.
pub async fn while_busy<T, Write>(write: impl Fn() -> Write) -> Result<T, StoreError>
where
    Write: Future<Output = Result<T, StoreError>>,
{
    again_while(write, |error| matches!(error, StoreError::Busy(_))).await
}

async fn again_while<T, Write>(write: impl Fn() -> Write, passes: impl Fn(&StoreError) -> bool) -> Result<T, StoreError>
where
    Write: Future<Output = Result<T, StoreError>>,
{
    let pauses = ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(ATTEMPTS);
    write
        .retry(pauses)
        .when(passes)
        .notify(|error, pause| tracing::warn!("the store does not answer; trying again in {pause:?}: {error}"))
        .await
}
