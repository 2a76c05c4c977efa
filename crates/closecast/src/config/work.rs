//! How background work is done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Most jobs of one process at a time.
const MOST_JOBS: usize = 64;

/// Seconds without a sign of life: fewer would take a busy machine for a dead one, more would leave jobs of a dead one lying.
const LEASE_SECONDS: std::ops::RangeInclusive<u64> = 4..=3600;

/// Settings of background work: the section `[worker]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WorkSettings {
    /// Jobs at a time.
    pub(crate) jobs: usize,
    /// How long a worker may be silent before others take its jobs.
    pub(crate) lease_seconds: u64,
    /// Days that ended jobs are kept.
    pub(crate) keep_jobs_days: u32,
}

impl Default for WorkSettings {
    fn default() -> Self {
        Self { jobs: 1, lease_seconds: 20, keep_jobs_days: 30 }
    }
}

impl WorkSettings {
    /// Returns how long a worker may be silent.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// Refuses what cannot work.
    ///
    /// # Errors
    /// [`Failure::Settings`] naming the key.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if !(1..=MOST_JOBS).contains(&self.jobs) {
            return Err(Failure::Settings(format!("worker.jobs is {}: give 1 to {MOST_JOBS}", self.jobs)));
        }
        if !LEASE_SECONDS.contains(&self.lease_seconds) {
            let (least, most) = (LEASE_SECONDS.start(), LEASE_SECONDS.end());
            let given = self.lease_seconds;
            return Err(Failure::Settings(format!("worker.lease_seconds is {given}: give {least} to {most}")));
        }
        if self.keep_jobs_days == 0 {
            return Err(Failure::Settings("worker.keep_jobs_days is 0: give at least 1".to_owned()));
        }
        Ok(())
    }
}
