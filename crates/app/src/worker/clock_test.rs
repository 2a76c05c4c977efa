//! What happens to jobs, retries and schedules when the machine's clock is wrong for a while: nothing is done twice, and nothing
//! waits for the time to come again.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use closecast_domain::{Clock, Symbol, SystemClock};
use closecast_store::{Job, JobFilter, JobState};

use super::{
    JobPayload, Worker, WorkerSettings,
    jobs::{SettleForecasts, TrainModel},
    scheduler::fire_if_due,
};
use crate::schedule::{Schedule, ScheduledJob, Timing, cron::CronTimes};
use crate::{model_spec::PartialSpec, services::Services};

const YEAR: TimeDelta = TimeDelta::days(365);

/// The machine's clock, wrong by what the test says.
#[derive(Default)]
struct WrongClock(Mutex<TimeDelta>);

impl WrongClock {
    fn is_ahead_by(&self, ahead: TimeDelta) {
        *self.0.lock().unwrap() = ahead;
    }
}

impl Clock for WrongClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + *self.0.lock().unwrap()
    }
}

struct Site {
    app: Services,
    clock: Arc<WrongClock>,
    _folder: tempfile::TempDir,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(WrongClock::default());
        let app =
            crate::test_services::open(folder.path()).await.with(|services| services.clock = Arc::clone(&clock) as _);
        let series = closecast_data::sample::series(&aapl()).unwrap();
        app.store.bars().replace(&series, clock.now()).await.unwrap();
        Self { app, clock, _folder: folder }
    }

    fn worker(&self) -> Worker {
        let lease = Duration::from_secs(4);
        Worker::new(self.app.clone(), WorkerSettings { name: "one".to_owned(), jobs: 2, lease })
    }

    async fn add(&self, work: &JobPayload) -> Job {
        self.app.store.jobs().enqueue(work.job(None), self.app.clock.now()).await.unwrap().job
    }

    async fn job(&self, id: &str) -> Job {
        self.app.store.jobs().get(id).await.unwrap().unwrap()
    }

    async fn until(&self, id: &str, is_so: impl Fn(&Job) -> bool) -> Job {
        for _ in 0..3000 {
            let job = self.job(id).await;
            if is_so(&job) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("in vain: {:?}", self.job(id).await)
    }

    /// Adds a job that has failed for a reason that may pass, and waits for its next attempt.
    async fn retry_waits(&self) -> Job {
        let job = self.add(&JobPayload::SettleForecasts(SettleForecasts {})).await;
        let now = self.app.clock.now();
        let (claimed, lease) = self.app.store.jobs().claim("another", now).await.unwrap().unwrap();
        assert_eq!(claimed.id, job.id);
        self.app.store.jobs().retry(&lease, "away", now + TimeDelta::minutes(5), now).await.unwrap();
        assert!(self.app.store.jobs().claim("another", now).await.unwrap().is_none(), "it waits");
        job
    }
}

fn aapl() -> Symbol {
    Symbol::new("AAPL").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_ends_once_whatever_the_clock_does_meanwhile() {
    let site = Site::new().await;
    let small = PartialSpec { hidden_size: Some(24), lookback: Some(20), epochs: Some(4), ..PartialSpec::default() };
    let job = site.add(&JobPayload::TrainModel(Box::new(TrainModel { spec: small, ..TrainModel::of(aapl()) }))).await;
    let worker = site.worker();
    let working = tokio::spawn(worker.clone().run());
    site.until(&job.id, |job| job.state == JobState::Running).await;
    for ahead in [YEAR, -YEAR, YEAR, TimeDelta::zero()] {
        site.clock.is_ahead_by(ahead);
        // Longer than a look of those who watch for dead workers.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    let ended = site.until(&job.id, |job| job.state.has_ended()).await;
    assert_eq!((ended.state, ended.attempt, ended.error), (JobState::Succeeded, 1, None));
    assert_eq!(site.app.store.models().list().await.unwrap().len(), 1);
    worker.release();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_waits_neither_for_a_clock_that_was_ahead_nor_for_one_that_is_behind() {
    for (then, now) in [(YEAR, TimeDelta::zero()), (TimeDelta::zero(), -YEAR), (TimeDelta::zero(), YEAR)] {
        let site = Site::new().await;
        site.clock.is_ahead_by(then);
        let job = site.retry_waits().await;
        site.clock.is_ahead_by(now);
        let worker = site.worker();
        let working = tokio::spawn(worker.clone().run());
        let ended = site.until(&job.id, |job| job.state.has_ended()).await;
        assert_eq!((ended.state, ended.attempt), (JobState::Succeeded, 2), "{then} {now}");
        worker.release();
        working.await.unwrap();
    }
}

#[tokio::test]
async fn a_schedule_fires_once_a_moment_and_goes_on_after_a_clock_was_a_year_off() {
    let site = Site::new().await;
    let times = CronTimes::new("0 12 * * *".parse().unwrap(), chrono_tz::Tz::UTC);
    let daily = Schedule {
        name: "daily".to_owned(),
        job: ScheduledJob::SettleForecasts,
        timing: Timing::Cron(Box::new(times)),
        symbols: None,
    };
    let noon: DateTime<Utc> = "2024-07-01T12:00:00Z".parse().unwrap();
    let day = TimeDelta::days(1);
    let second = TimeDelta::seconds(1);
    for (now, fires) in [
        (noon - day, false),
        (noon + second, true),
        (noon + second * 2, false),
        // Put forward a year: what was due meanwhile is made up for once.
        (noon + YEAR + second, true),
        (noon + YEAR + second * 2, false),
        // And back.
        (noon + second * 3, false),
        (noon + day - second, false),
        (noon + day + second, true),
        // Put back a year: seen for the first time, as far as that time is concerned, and as ever from there.
        (noon - YEAR - second, false),
        (noon - YEAR + second, true),
        (noon - YEAR + second * 2, false),
        // And forward again.
        (noon + day + second * 2, false),
        (noon + day * 2, true),
        // The time at which the clock was wrong comes by itself, and that moment has had its firing.
        (noon + YEAR + second, false),
        (noon + YEAR + day, true),
    ] {
        fire_if_due(&site.app, &daily, now).await.unwrap();
        let waiting = JobFilter { state: Some(JobState::Queued), kind: None };
        let fired = site.app.store.jobs().list(&waiting, None, 10).await.unwrap().len();
        assert_eq!(fired, usize::from(fires), "{now}");
        if let Some((_, lease)) = site.app.store.jobs().claim("one", now).await.unwrap() {
            site.app.store.jobs().succeed(&lease, &serde_json::Value::Null, now).await.unwrap();
        }
    }
}
