//! Noticing that a worker is gone, by a steady clock and nothing else.

use std::{collections::HashMap, time::Duration};

use closecast_store::RunningJob;

/// Watches the signs of life of running jobs. Time counts only between two looks that succeeded, and at most twice the usual pause
/// each: while the database is away no worker can give a sign of life, and a machine that slept saw nothing.
#[derive(Debug)]
pub(super) struct LeaseMonitor {
    patience: Duration,
    pause: Duration,
    silent: HashMap<String, (RunningJob, Duration)>,
}

impl LeaseMonitor {
    /// Returns an observer that looks every `pause` and takes a worker for dead after `patience` without a sign of life.
    pub(super) fn new(patience: Duration, pause: Duration) -> Self {
        Self { patience, pause, silent: HashMap::new() }
    }

    /// Takes note of the running jobs, `elapsed` after the last look, and returns those whose worker counts as dead.
    pub(super) fn look(&mut self, running: Vec<RunningJob>, elapsed: Duration) -> Vec<RunningJob> {
        let step = elapsed.min(2 * self.pause);
        let mut known = std::mem::take(&mut self.silent);
        for job in running {
            let silent = match known.remove(&job.id) {
                Some((before, silent)) if before == job => silent + step,
                _ => Duration::ZERO,
            };
            self.silent.insert(job.id.clone(), (job, silent));
        }
        let dead = self.silent.values().filter(|(_, silent)| *silent >= self.patience);
        dead.map(|(job, _)| job.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    fn job(beat: i64) -> RunningJob {
        RunningJob::sample("job", beat)
    }

    #[test]
    fn a_worker_that_keeps_beating_lives_and_one_that_stops_is_found_out() {
        let mut observer = LeaseMonitor::new(Duration::from_secs(20), PAUSE);
        for beat in 0..20 {
            assert!(observer.look(vec![job(beat)], PAUSE).is_empty(), "{beat}");
        }
        for look in 1..4 {
            assert!(observer.look(vec![job(19)], PAUSE).is_empty(), "{look}");
        }
        assert_eq!(observer.look(vec![job(19)], PAUSE), [job(19)]);
        assert!(observer.look(vec![job(20)], PAUSE).is_empty(), "it was only slow");
    }

    #[test]
    fn a_long_time_without_a_look_is_no_evidence() {
        let mut observer = LeaseMonitor::new(Duration::from_secs(20), PAUSE);
        observer.look(vec![job(1)], PAUSE);
        let night = Duration::from_secs(8 * 3600);
        assert!(observer.look(vec![job(1)], night).is_empty());
        assert_eq!(observer.look(vec![job(1)], night), [job(1)]);
    }

    #[test]
    fn a_job_that_has_ended_is_forgotten() {
        let mut observer = LeaseMonitor::new(Duration::from_secs(20), PAUSE);
        for _ in 0..4 {
            observer.look(vec![job(1)], PAUSE);
        }
        observer.look(Vec::new(), PAUSE);
        assert!(observer.look(vec![job(1)], PAUSE).is_empty());
    }
}
