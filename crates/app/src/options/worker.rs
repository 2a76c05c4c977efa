//! How background work is done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Most jobs of one process at a time.
const MOST_JOBS: usize = 64;

/// Seconds without a sign of life: fewer would take a busy machine for a dead one, more would leave jobs of a dead one lying.
const LEASE_SECONDS: std::ops::RangeInclusive<u64> = 4..=3600;

/// Days that something may be kept: up to a century.
const KEPT_DAYS: std::ops::RangeInclusive<u32> = 1..=36_500;

/// Settings of background work: the section `[worker]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkSettings {
    /// Jobs at a time.
    pub jobs: usize,
    /// How long a worker may be silent before others take its jobs.
    pub lease_seconds: u64,
    /// Days that ended jobs are kept.
    pub keep_jobs_days: u32,
    /// Days that ended runs are kept, with their figures; for good when absent.
    pub keep_runs_days: Option<u32>,
    /// Days that it is kept who did what.
    pub keep_audit_days: u32,
    /// Days that forecasts are kept; for good when absent.
    pub keep_forecasts_days: Option<u32>,
}

impl Default for WorkSettings {
    fn default() -> Self {
        Self {
            jobs: 1,
            lease_seconds: 20,
            keep_jobs_days: 30,
            keep_audit_days: 365,
            keep_runs_days: None,
            keep_forecasts_days: None,
        }
    }
}

impl WorkSettings {
    /// Returns how long a worker may be silent.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// Refuses what cannot work.
    ///
    /// # Errors
    /// What is wrong, with the key.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=MOST_JOBS).contains(&self.jobs) {
            return Err(format!("worker.jobs is {}: give 1 to {MOST_JOBS}", self.jobs));
        }
        if !LEASE_SECONDS.contains(&self.lease_seconds) {
            let (least, most) = (LEASE_SECONDS.start(), LEASE_SECONDS.end());
            let given = self.lease_seconds;
            return Err(format!("worker.lease_seconds is {given}: give {least} to {most}"));
        }
        let kept = [
            ("keep_jobs_days", Some(self.keep_jobs_days)),
            ("keep_audit_days", Some(self.keep_audit_days)),
            ("keep_runs_days", self.keep_runs_days),
            ("keep_forecasts_days", self.keep_forecasts_days),
        ];
        for (key, days) in kept {
            if days.is_some_and(|days| !KEPT_DAYS.contains(&days)) {
                let (least, most) = (KEPT_DAYS.start(), KEPT_DAYS.end());
                return Err(format!("worker.{key} must be from {least} to {most}"));
            }
        }
        Ok(())
    }
}
