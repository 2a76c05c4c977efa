//! Whether the database answers, asked at most once a second: anybody may ask, as often as they like.

use std::time::{Duration, Instant};

use closecast_store::Store;
use tokio::sync::Mutex;

/// How long an answer is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// When the database was last asked, and whether it answered.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    /// Returns whether the database answers, or did so a moment ago. One asks at a time, and the others take the answer.
    pub(crate) async fn check(&self, store: &Store) -> bool {
        let mut last = self.0.lock().await;
        if let Some((_, answered)) = last.filter(|(at, _)| at.elapsed() < BELIEVED) {
            return answered;
        }
        let answered = match store.ping().await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "the database does not answer");
                false
            }
        };
        *last = Some((Instant::now(), answered));
        answered
    }
}
