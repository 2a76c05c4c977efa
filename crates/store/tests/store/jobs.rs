//! The job queue.

use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use closecast_store::{
    EventPayload, Job, JobFilter, JobQuota, JobState, Lease, LeaseStatus, MAX_RETRY_DELAY, NewJob, Origin, StoreError,
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::json;

use crate::{
    place::{places, sqlite},
    samples::{card, now},
};

pub(crate) fn training(symbol: &str) -> NewJob {
    NewJob {
        kind: "train_model".into(),
        payload: json!({ "symbol": symbol }),
        dedup_key: None,
        priority: 0,
        max_attempts: 3,
        requested_by: Some("ana".into()),
    }
}

#[tokio::test]
async fn claim_returns_highest_priority_job_to_one_worker() {
    for place in places().await {
        let jobs = place.store.jobs();
        let first = jobs.enqueue(training("AAPL"), now()).await.unwrap().job;
        let urgent = jobs.enqueue(NewJob { priority: 5, ..training("IBM") }, now()).await.unwrap().job;
        let (claimed, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        assert_eq!((claimed.id.as_str(), claimed.state, claimed.attempt), (urgent.id.as_str(), JobState::Running, 1));
        assert_eq!(jobs.claim("two", now()).await.unwrap().unwrap().0.id, first.id);
        assert!(jobs.claim("three", now()).await.unwrap().is_none());
        assert_eq!(jobs.heartbeat(&lease, Some(&json!({ "epoch": 3 }))).await.unwrap(), LeaseStatus::Held);
        jobs.succeed(&lease, &json!({ "version": 1 }), now()).await.unwrap();
        let ended = jobs.get(&urgent.id).await.unwrap().unwrap();
        assert_eq!((ended.state, ended.result), (JobState::Succeeded, Some(json!({ "version": 1 }))));
        assert_eq!((ended.progress, ended.ended_at), (Some(json!({ "epoch": 3 })), Some(now())));
        assert!(matches!(jobs.succeed(&lease, &json!(1), now()).await, Err(StoreError::LeaseLost)));
    }
}

/// Twenty workers claim forty jobs at once: each is claimed exactly once.
#[tokio::test(flavor = "multi_thread")]
async fn claim_never_returns_a_job_to_two_workers() {
    for place in places().await {
        for _ in 0..40 {
            place.store.jobs().enqueue(training("AAPL"), now()).await.unwrap();
        }
        let mut workers = tokio::task::JoinSet::new();
        for worker in 0..20 {
            let store = place.store.clone();
            workers.spawn(async move {
                let mut taken = Vec::new();
                while let Some((job, _)) = store.jobs().claim(&format!("w{worker}"), now()).await.unwrap() {
                    taken.push(job.id);
                }
                taken
            });
        }
        let mut taken = workers.join_all().await.concat();
        taken.sort();
        taken.dedup();
        // A worker that finds the row locked by another may see an empty queue too early.
        while let Some((job, _)) = place.store.jobs().claim("last", now()).await.unwrap() {
            taken.push(job.id);
        }
        assert_eq!(taken.len(), 40);
    }
}

#[tokio::test]
async fn enqueue_deduplicates_until_job_has_ended() {
    for place in places().await {
        let jobs = place.store.jobs();
        let keyed = || NewJob { dedup_key: Some("train AAPL".into()), ..training("AAPL") };
        let first = jobs.enqueue(keyed(), now()).await.unwrap();
        let again = jobs.enqueue(keyed(), now()).await.unwrap();
        assert!(!first.already_there && again.already_there && first.job.id == again.job.id);
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        assert!(jobs.enqueue(keyed(), now()).await.unwrap().already_there);
        jobs.succeed(&lease, &json!(null), now()).await.unwrap();
        assert!(!jobs.enqueue(keyed(), now()).await.unwrap().already_there);
    }
}

#[tokio::test]
async fn cancel_ends_queued_job_at_once_and_running_job_at_next_heartbeat() {
    for place in places().await {
        let jobs = place.store.jobs();
        let waiting = jobs.enqueue(training("AAPL"), now()).await.unwrap().job;
        assert_eq!(jobs.cancel(&waiting.id, now()).await.unwrap().unwrap().state, JobState::Cancelled);
        let running = jobs.enqueue(training("AAPL"), now()).await.unwrap().job;
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        let cancelled = jobs.cancel(&running.id, now()).await.unwrap().unwrap();
        assert_eq!((cancelled.state, cancelled.cancel_requested), (JobState::Running, true));
        assert_eq!(jobs.heartbeat(&lease, None).await.unwrap(), LeaseStatus::CancelRequested);
        jobs.end_cancelled(&lease, now()).await.unwrap();
        assert_eq!(jobs.cancel(&running.id, now()).await.unwrap().unwrap().state, JobState::Cancelled);
        assert!(jobs.cancel("unknown", now()).await.unwrap().is_none());
        let cancelled = JobFilter { state: Some(JobState::Cancelled), kind: None };
        assert_eq!(jobs.list(&cancelled, None, 10).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn retry_delays_job_and_ignores_delay_of_wrong_clock() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        jobs.retry(&lease, "the price source is down", now() + TimeDelta::minutes(5), now()).await.unwrap();
        assert!(jobs.claim("one", now()).await.unwrap().is_none());
        let put_back = now() - MAX_RETRY_DELAY - TimeDelta::days(300);
        let (job, lease) = jobs.claim("one", put_back).await.unwrap().unwrap();
        assert_eq!((job.attempt, job.error), (2, None));
        jobs.fail(&lease, "no prices", now()).await.unwrap();
        let failed = jobs.get(&job.id).await.unwrap().unwrap();
        assert_eq!((failed.state, failed.error.as_deref()), (JobState::Failed, Some("no prices")));
    }
}

#[tokio::test]
async fn release_does_not_count_the_attempt() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        jobs.release(&lease, now()).await.unwrap();
        assert_eq!(jobs.claim("two", now()).await.unwrap().unwrap().0.attempt, 1);
    }
}

#[tokio::test]
async fn reclaimed_worker_cannot_change_its_job() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (job, first) = jobs.claim("one", now()).await.unwrap().unwrap();
        let seen = jobs.running().await.unwrap();
        jobs.heartbeat(&first, None).await.unwrap();
        assert!(!jobs.reclaim(&seen[0], now()).await.unwrap(), "it has sent a heartbeat since");
        let seen = jobs.running().await.unwrap();
        assert!(jobs.reclaim(&seen[0], now()).await.unwrap());
        let (_, second) = jobs.claim("two", now()).await.unwrap().unwrap();
        assert_eq!(jobs.heartbeat(&first, None).await.unwrap(), LeaseStatus::Lost);
        assert_eq!(publish(&place, &first).await, Err("lost"));
        assert_eq!(place.store.models().list().await.unwrap(), [], "the result of the first worker is not published");
        assert_eq!(publish(&place, &second).await, Ok(1));
        assert_eq!(publish(&place, &second).await, Err("lost"));
        assert_eq!(jobs.get(&job.id).await.unwrap().unwrap().state, JobState::Succeeded);
        assert_eq!(place.store.models().list().await.unwrap().len(), 1);
    }
}

async fn publish(place: &crate::place::Place, lease: &Lease) -> Result<u64, &'static str> {
    let origin = Origin { lease: Some(lease), ..Origin::default() };
    match place.store.models().publish(&card("AAPL"), Bytes::from_static(b"weights"), origin, now()).await {
        Ok(version) => Ok(version.version),
        Err(StoreError::LeaseLost) => Err("lost"),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn reclaim_fails_job_after_max_attempts() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(NewJob { max_attempts: 2, ..training("AAPL") }, now()).await.unwrap();
        for state in [JobState::Queued, JobState::Failed] {
            let (job, _) = jobs.claim("one", now()).await.unwrap().unwrap();
            let seen = jobs.running().await.unwrap();
            assert!(jobs.reclaim(&seen[0], now()).await.unwrap());
            assert_eq!(jobs.get(&job.id).await.unwrap().unwrap().state, state);
        }
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (job, _) = jobs.claim("one", now()).await.unwrap().unwrap();
        jobs.cancel(&job.id, now()).await.unwrap();
        let seen = jobs.running().await.unwrap();
        jobs.reclaim(&seen[0], now()).await.unwrap();
        assert_eq!(jobs.get(&job.id).await.unwrap().unwrap().state, JobState::Cancelled);
    }
}

async fn worker_dies(place: &crate::place::Place) -> Job {
    let jobs = place.store.jobs();
    let (job, _) = jobs.claim("one", now()).await.unwrap().unwrap();
    let seen = jobs.running().await.unwrap();
    assert!(jobs.reclaim(&seen[0], now()).await.unwrap());
    jobs.get(&job.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn reclaim_fails_job_when_two_workers_in_a_row_died() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(NewJob { max_attempts: 9, ..training("AAPL") }, now()).await.unwrap();
        assert_eq!(worker_dies(&place).await.state, JobState::Queued);
        let failed = worker_dies(&place).await;
        assert_eq!(failed.state, JobState::Failed);
        assert!(failed.error.unwrap().contains("the job is not retried"));
    }
}

#[tokio::test]
async fn reclaim_retries_jobs_when_dead_workers_had_several() {
    for place in places().await {
        let jobs = place.store.jobs();
        for symbol in ["AAPL", "MSFT"] {
            jobs.enqueue(NewJob { max_attempts: 9, ..training(symbol) }, now()).await.unwrap();
        }
        for worker in ["one", "two", "three"] {
            for _ in 0..2 {
                jobs.claim(worker, now()).await.unwrap().unwrap();
            }
            for seen in jobs.running().await.unwrap() {
                assert!(jobs.reclaim(&seen, now()).await.unwrap());
                assert_eq!(jobs.get(&seen.id).await.unwrap().unwrap().state, JobState::Queued, "{worker}");
            }
        }
    }
}

#[tokio::test]
async fn reclaim_retries_job_when_an_orderly_end_separates_two_deaths() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(NewJob { max_attempts: 9, ..training("AAPL") }, now()).await.unwrap();
        assert_eq!(worker_dies(&place).await.state, JobState::Queued);
        let (_, lease) = jobs.claim("two", now()).await.unwrap().unwrap();
        jobs.retry(&lease, "the price source is down", now(), now()).await.unwrap();
        assert_eq!(worker_dies(&place).await.state, JobState::Queued);
        let (_, lease) = jobs.claim("two", now()).await.unwrap().unwrap();
        jobs.release(&lease, now()).await.unwrap();
        assert_eq!(worker_dies(&place).await.state, JobState::Queued);
        let (job, lease) = jobs.claim("two", now()).await.unwrap().unwrap();
        jobs.succeed(&lease, &serde_json::json!({}), now()).await.unwrap();
        assert_eq!(jobs.get(&job.id).await.unwrap().unwrap().error, None);
    }
}

/// Ten replicas with different clocks start at once with a new schedule.
#[tokio::test(flavor = "multi_thread")]
async fn new_schedule_is_recorded_once_by_concurrent_replicas() {
    for place in places().await {
        let mut replicas = tokio::task::JoinSet::new();
        for number in 0..10 {
            let store = place.store.clone();
            let now = now() + TimeDelta::milliseconds(number);
            replicas.spawn(async move { store.jobs().first_seen_or_last_firing("refresh", now).await.unwrap() });
        }
        let seen = replicas.join_all().await;
        assert!(seen.iter().all(|moment| moment == &seen[0]), "{seen:?}");
        assert_eq!(place.store.jobs().first_seen_or_last_firing("refresh", now()).await.unwrap(), seen[0]);
    }
}

/// Ten replicas find at once that a schedule is due.
#[tokio::test(flavor = "multi_thread")]
async fn enqueue_firing_adds_one_job_for_concurrent_replicas() {
    for place in places().await {
        let mut replicas = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let store = place.store.clone();
            replicas.spawn(async move {
                store.jobs().enqueue_firing("refresh", now(), training("AAPL"), now()).await.unwrap().is_some()
            });
        }
        assert_eq!(replicas.join_all().await.into_iter().filter(|&fired| fired).count(), 1);
        let jobs = place.store.jobs();
        assert_eq!(jobs.first_seen_or_last_firing("refresh", now()).await.unwrap(), now());
        let next = now() + TimeDelta::days(1);
        assert!(jobs.enqueue_firing("refresh", next, training("AAPL"), next).await.unwrap().is_some());
        assert_eq!(jobs.list(&JobFilter::default(), None, 10).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn delete_before_removes_ended_jobs_and_keeps_last_firing() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue_firing("refresh", now(), training("AAPL"), now()).await.unwrap();
        let later = now() + TimeDelta::days(1);
        jobs.enqueue_firing("refresh", later, training("AAPL"), later).await.unwrap();
        let (_, lease) = jobs.claim("one", later).await.unwrap().unwrap();
        jobs.succeed(&lease, &json!(null), now()).await.unwrap();
        assert_eq!(jobs.delete_before(now() + TimeDelta::hours(1)).await.unwrap(), 1);
        assert_eq!(jobs.list(&JobFilter::default(), None, 10).await.unwrap().len(), 1);
        assert_eq!(jobs.first_seen_or_last_firing("refresh", later).await.unwrap(), later);
    }
}

#[tokio::test]
async fn schedule_fires_for_times_after_it_was_first_seen() {
    for place in places().await {
        let jobs = place.store.jobs();
        assert_eq!(jobs.first_seen_or_last_firing("weekly", now()).await.unwrap(), now());
        let later = now() + TimeDelta::days(3);
        assert_eq!(place.reopened().await.jobs().first_seen_or_last_firing("weekly", later).await.unwrap(), now());
        jobs.enqueue_firing("weekly", later, training("AAPL"), later).await.unwrap();
        assert_eq!(jobs.first_seen_or_last_firing("weekly", later + TimeDelta::days(1)).await.unwrap(), later);
    }
}

/// The clock is a year ahead for a moment: the schedule fires once for that time, and normally afterwards.
#[tokio::test]
async fn future_firing_does_not_suspend_schedule() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue_firing("daily", now(), training("AAPL"), now()).await.unwrap();
        let year_ahead = now() + TimeDelta::days(365);
        jobs.enqueue_firing("daily", year_ahead, training("AAPL"), year_ahead).await.unwrap();
        let back = now() + TimeDelta::hours(1);
        assert_eq!(jobs.first_seen_or_last_firing("daily", back).await.unwrap(), now());
        assert!(jobs.enqueue_firing("daily", now(), training("AAPL"), back).await.unwrap().is_none(), "not twice");
        let minutes_ahead = now() - TimeDelta::minutes(5);
        assert_eq!(
            jobs.first_seen_or_last_firing("daily", minutes_ahead).await.unwrap(),
            now(),
            "clocks differ a little"
        );
    }
}

/// While another program keeps the database locked, no worker can send a heartbeat.
#[tokio::test(flavor = "multi_thread")]
async fn reclaim_does_nothing_while_database_is_locked() {
    let place = sqlite().await;
    let jobs = place.store.jobs();
    jobs.enqueue(training("AAPL"), now()).await.unwrap();
    let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
    let observed = jobs.running().await.unwrap().remove(0);
    let mut one = ConnectOptions::new(format!("sqlite:{}", place.folder.path().join("closecast.db").display()));
    one.max_connections(1);
    let other = Database::connect(one).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let release = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        other.execute_unprepared("ROLLBACK").await.unwrap();
    };
    let (taken, ()) = tokio::join!(jobs.reclaim(&observed, now()), release);
    assert!(!taken.unwrap());
    assert_eq!(jobs.heartbeat(&lease, None).await.unwrap(), LeaseStatus::Held);
}

#[tokio::test]
async fn requeue_ends_job_when_cancellation_was_requested() {
    for place in places().await {
        let jobs = place.store.jobs();
        for give_back in [true, false] {
            jobs.enqueue(training("AAPL"), now()).await.unwrap();
            let (job, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
            jobs.cancel(&job.id, now()).await.unwrap();
            if give_back {
                jobs.release(&lease, now()).await.unwrap();
            } else {
                jobs.retry(&lease, "the price source is down", now(), now()).await.unwrap();
            }
            assert_eq!(jobs.get(&job.id).await.unwrap().unwrap().state, JobState::Cancelled);
        }
    }
}

#[tokio::test]
async fn enqueue_within_respects_quota() {
    for place in places().await {
        let jobs = place.store.jobs();
        let quota = JobQuota { kinds: &["train_model", "tune_model"], max_unfinished: 2 };
        let keyed =
            |kind: &str, key: &str| NewJob { kind: kind.into(), dedup_key: Some(key.into()), ..training("AAPL") };
        let enqueue = async |new| jobs.enqueue_within(new, quota, now()).await.unwrap();
        // Another kind does not count towards the quota.
        jobs.enqueue(keyed("refresh_bars", "r"), now()).await.unwrap();
        let heard = place.store.events().newest().await.unwrap();
        let first = enqueue(keyed("train_model", "a")).await.unwrap();
        let (events, _) = place.store.events().after(heard, 10).await.unwrap();
        let payloads: Vec<&EventPayload> = events.iter().map(|event| &event.payload).collect();
        assert_eq!(payloads, [&EventPayload::Job(Box::new(first.job.clone()))], "the queued job is announced");
        assert!(!first.already_there && !enqueue(keyed("tune_model", "b")).await.unwrap().already_there);
        assert!(enqueue(keyed("train_model", "c")).await.is_none());
        assert!(enqueue(keyed("train_model", "a")).await.unwrap().already_there, "a deduplicated job needs no quota");
        jobs.cancel(&first.job.id, now()).await.unwrap();
        assert!(enqueue(keyed("train_model", "c")).await.is_some());
        assert!(enqueue(keyed("train_model", "d")).await.is_none());
    }
}

/// Twenty concurrent requests share a quota of four.
#[tokio::test(flavor = "multi_thread")]
async fn enqueue_within_respects_quota_when_called_concurrently() {
    for place in places().await {
        let mut requests = tokio::task::JoinSet::new();
        for at in 0..20 {
            let store = place.store.clone();
            requests.spawn(async move {
                let quota = JobQuota { kinds: &["train_model"], max_unfinished: 4 };
                let new = NewJob { dedup_key: Some(at.to_string()), ..training("AAPL") };
                store.jobs().enqueue_within(new, quota, now()).await.unwrap().is_some()
            });
        }
        assert_eq!(requests.join_all().await.into_iter().filter(|&accepted| accepted).count(), 4);
    }
}

/// Ended jobs are kept for a month: counting must not scan them.
#[tokio::test]
async fn quota_check_uses_index_of_unfinished_jobs() {
    let place = sqlite().await;
    let database = Database::connect(format!("sqlite://{}", place.folder.path().join("closecast.db").display()));
    let database = database.await.unwrap();
    let question = "EXPLAIN QUERY PLAN SELECT COUNT(*) FROM (SELECT id, kind, payload, state FROM jobs \
                    WHERE (state IN ('queued', 'running')) AND kind IN ('train_model', 'tune_model')) AS sub_query";
    let plan = database.query_all_raw(sea_orm::Statement::from_string(database.get_database_backend(), question));
    let steps: Vec<String> = plan.await.unwrap().iter().map(|row| row.try_get("", "detail").unwrap()).collect();
    assert!(steps.iter().any(|step| step.contains("INDEX jobs_dedup")), "{steps:?}");
}

#[tokio::test]
async fn counts_returns_jobs_by_state() {
    for place in places().await {
        let jobs = place.store.jobs();
        assert!(jobs.counts().await.unwrap().values().all(|&count| count == 0));
        for symbol in ["AAPL", "IBM", "MSFT"] {
            jobs.enqueue(training(symbol), now()).await.unwrap();
        }
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        jobs.fail(&lease, "broken", now()).await.unwrap();
        let counts = jobs.counts().await.unwrap();
        assert_eq!(counts.len(), JobState::ALL.len());
        assert_eq!((counts["queued"], counts["failed"], counts["running"]), (2, 1, 0));
    }
}
