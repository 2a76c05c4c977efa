//! The queue.

use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use closecast_store::{
    Allowance, Beat, Job, JobFilter, JobState, LONGEST_DELAY, Lease, NewJob, News, Origin, StoreError,
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
async fn a_job_is_claimed_by_one_worker_the_most_urgent_first() {
    for place in places().await {
        let jobs = place.store.jobs();
        let first = jobs.enqueue(training("AAPL"), now()).await.unwrap().job;
        let urgent = jobs.enqueue(NewJob { priority: 5, ..training("IBM") }, now()).await.unwrap().job;
        let (claimed, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        assert_eq!((claimed.id.as_str(), claimed.state, claimed.attempt), (urgent.id.as_str(), JobState::Running, 1));
        assert_eq!(jobs.claim("two", now()).await.unwrap().unwrap().0.id, first.id);
        assert!(jobs.claim("three", now()).await.unwrap().is_none());
        assert_eq!(jobs.beat(&lease, Some(&json!({ "epoch": 3 }))).await.unwrap(), Beat::Held);
        jobs.succeed(&lease, &json!({ "version": 1 }), now()).await.unwrap();
        let ended = jobs.get(&urgent.id).await.unwrap().unwrap();
        assert_eq!((ended.state, ended.result), (JobState::Succeeded, Some(json!({ "version": 1 }))));
        assert_eq!((ended.progress, ended.ended_at), (Some(json!({ "epoch": 3 })), Some(now())));
        assert!(matches!(jobs.succeed(&lease, &json!(1), now()).await, Err(StoreError::LeaseLost)));
    }
}

/// Twenty workers take forty jobs at once: none is taken twice, none is left.
#[tokio::test(flavor = "multi_thread")]
async fn workers_at_once_never_share_a_job() {
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
        // A worker that finds the row taken by another may see an empty queue a moment early.
        while let Some((job, _)) = place.store.jobs().claim("last", now()).await.unwrap() {
            taken.push(job.id);
        }
        assert_eq!(taken.len(), 40);
    }
}

#[tokio::test]
async fn the_same_work_is_asked_for_once_until_it_has_ended() {
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
async fn a_waiting_job_is_cancelled_at_once_and_a_running_one_when_its_worker_hears_of_it() {
    for place in places().await {
        let jobs = place.store.jobs();
        let waiting = jobs.enqueue(training("AAPL"), now()).await.unwrap().job;
        assert_eq!(jobs.cancel(&waiting.id, now()).await.unwrap().unwrap().state, JobState::Cancelled);
        let running = jobs.enqueue(training("AAPL"), now()).await.unwrap().job;
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        let told = jobs.cancel(&running.id, now()).await.unwrap().unwrap();
        assert_eq!((told.state, told.cancel_requested), (JobState::Running, true));
        assert_eq!(jobs.beat(&lease, None).await.unwrap(), Beat::CancelRequested);
        jobs.cancelled(&lease, now()).await.unwrap();
        assert_eq!(jobs.cancel(&running.id, now()).await.unwrap().unwrap().state, JobState::Cancelled);
        assert!(jobs.cancel("unknown", now()).await.unwrap().is_none());
        let cancelled = JobFilter { state: Some(JobState::Cancelled), kind: None };
        assert_eq!(jobs.list(&cancelled, None, 10).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_job_that_may_work_later_waits_and_one_dated_by_a_wrong_clock_does_not_wait_forever() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        jobs.retry(&lease, "the price source is down", now() + TimeDelta::minutes(5), now()).await.unwrap();
        assert!(jobs.claim("one", now()).await.unwrap().is_none());
        let put_back = now() - LONGEST_DELAY - TimeDelta::days(300);
        let (job, lease) = jobs.claim("one", put_back).await.unwrap().unwrap();
        assert_eq!((job.attempt, job.error), (2, None));
        jobs.fail(&lease, "no prices", now()).await.unwrap();
        let failed = jobs.get(&job.id).await.unwrap().unwrap();
        assert_eq!((failed.state, failed.error.as_deref()), (JobState::Failed, Some("no prices")));
    }
}

#[tokio::test]
async fn a_job_given_back_has_not_been_tried() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        jobs.release(&lease, now()).await.unwrap();
        assert_eq!(jobs.claim("two", now()).await.unwrap().unwrap().0.attempt, 1);
    }
}

#[tokio::test]
async fn a_silent_worker_loses_its_job_and_can_change_nothing_any_more() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (job, first) = jobs.claim("one", now()).await.unwrap().unwrap();
        let seen = jobs.running().await.unwrap();
        jobs.beat(&first, None).await.unwrap();
        assert!(!jobs.take_over(&seen[0], now()).await.unwrap(), "it has given a sign of life since");
        let seen = jobs.running().await.unwrap();
        assert!(jobs.take_over(&seen[0], now()).await.unwrap());
        let (_, second) = jobs.claim("two", now()).await.unwrap().unwrap();
        assert_eq!(jobs.beat(&first, None).await.unwrap(), Beat::Lost);
        assert_eq!(publish(&place, &first).await, Err("lost"));
        assert_eq!(place.store.models().list().await.unwrap(), [], "what the first one made is not published");
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
async fn a_job_whose_workers_keep_dying_fails_in_the_end() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(NewJob { max_attempts: 2, ..training("AAPL") }, now()).await.unwrap();
        for state in [JobState::Queued, JobState::Failed] {
            let (job, _) = jobs.claim("one", now()).await.unwrap().unwrap();
            let seen = jobs.running().await.unwrap();
            assert!(jobs.take_over(&seen[0], now()).await.unwrap());
            assert_eq!(jobs.get(&job.id).await.unwrap().unwrap().state, state);
        }
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (job, _) = jobs.claim("one", now()).await.unwrap().unwrap();
        jobs.cancel(&job.id, now()).await.unwrap();
        let seen = jobs.running().await.unwrap();
        jobs.take_over(&seen[0], now()).await.unwrap();
        assert_eq!(jobs.get(&job.id).await.unwrap().unwrap().state, JobState::Cancelled);
    }
}

async fn worker_dies(place: &crate::place::Place) -> Job {
    let jobs = place.store.jobs();
    let (job, _) = jobs.claim("one", now()).await.unwrap().unwrap();
    let seen = jobs.running().await.unwrap();
    assert!(jobs.take_over(&seen[0], now()).await.unwrap());
    jobs.get(&job.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn job_is_failed_when_its_worker_died_twice() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(NewJob { max_attempts: 9, ..training("AAPL") }, now()).await.unwrap();
        assert_eq!(worker_dies(&place).await.state, JobState::Queued);
        let failed = worker_dies(&place).await;
        assert_eq!(failed.state, JobState::Failed);
        assert!(failed.error.unwrap().contains("not taken up again"));
    }
}

#[tokio::test]
async fn jobs_are_tried_again_when_their_worker_died_twice_with_several_of_them() {
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
                assert!(jobs.take_over(&seen, now()).await.unwrap());
                assert_eq!(jobs.get(&seen.id).await.unwrap().unwrap().state, JobState::Queued, "{worker}");
            }
        }
    }
}

#[tokio::test]
async fn job_is_tried_again_when_an_attempt_ended_in_order_between_two_deaths() {
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

/// Ten replicas with clocks of their own are started at once with a new schedule.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_schedule_is_first_seen_once() {
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

/// Ten replicas notice at once that a schedule is due.
#[tokio::test(flavor = "multi_thread")]
async fn a_firing_makes_one_job_however_many_replicas_notice_it() {
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
async fn ended_jobs_are_forgotten_after_a_while_and_the_last_firing_is_not() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue_firing("refresh", now(), training("AAPL"), now()).await.unwrap();
        let later = now() + TimeDelta::days(1);
        jobs.enqueue_firing("refresh", later, training("AAPL"), later).await.unwrap();
        let (_, lease) = jobs.claim("one", later).await.unwrap().unwrap();
        jobs.succeed(&lease, &json!(null), now()).await.unwrap();
        assert_eq!(jobs.forget(now() + TimeDelta::hours(1)).await.unwrap(), 1);
        assert_eq!(jobs.list(&JobFilter::default(), None, 10).await.unwrap().len(), 1);
        assert_eq!(jobs.first_seen_or_last_firing("refresh", later).await.unwrap(), later);
    }
}

#[tokio::test]
async fn a_schedule_owes_nothing_for_the_time_before_it_was_seen_and_everything_after() {
    for place in places().await {
        let jobs = place.store.jobs();
        assert_eq!(jobs.first_seen_or_last_firing("weekly", now()).await.unwrap(), now());
        let later = now() + TimeDelta::days(3);
        assert_eq!(place.reopened().await.jobs().first_seen_or_last_firing("weekly", later).await.unwrap(), now());
        jobs.enqueue_firing("weekly", later, training("AAPL"), later).await.unwrap();
        assert_eq!(jobs.first_seen_or_last_firing("weekly", later + TimeDelta::days(1)).await.unwrap(), later);
    }
}

/// The clock is a year ahead for a moment: the schedule fires once for then, and as ever afterwards.
#[tokio::test]
async fn a_firing_for_a_moment_still_to_come_holds_nothing_back() {
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

/// While another program keeps the database locked, no worker can give a sign of life: its silence says nothing then.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_not_taken_for_dead_while_the_database_is_locked() {
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
    let (taken, ()) = tokio::join!(jobs.take_over(&observed, now()), release);
    assert!(!taken.unwrap());
    assert_eq!(jobs.beat(&lease, None).await.unwrap(), Beat::Held);
}

#[tokio::test]
async fn a_job_whose_end_was_asked_for_does_not_go_back_to_the_queue() {
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
async fn no_more_jobs_of_some_kinds_than_allowed_are_unfinished() {
    for place in places().await {
        let jobs = place.store.jobs();
        let allowance = Allowance { kinds: &["train_model", "tune_model"], most: 2 };
        let keyed =
            |kind: &str, key: &str| NewJob { kind: kind.into(), dedup_key: Some(key.into()), ..training("AAPL") };
        let ask = async |new| jobs.enqueue_within(new, allowance, now()).await.unwrap();
        // Another kind does not count.
        jobs.enqueue(keyed("refresh_bars", "r"), now()).await.unwrap();
        let heard = place.store.events().newest().await.unwrap();
        let first = ask(keyed("train_model", "a")).await.unwrap();
        let (news, _) = place.store.events().after(heard, 10).await.unwrap();
        let told: Vec<&News> = news.iter().map(|event| &event.news).collect();
        assert_eq!(told, [&News::Job(Box::new(first.job.clone()))], "that it waits is told");
        assert!(!first.already_there && !ask(keyed("tune_model", "b")).await.unwrap().already_there);
        assert!(ask(keyed("train_model", "c")).await.is_none());
        assert!(ask(keyed("train_model", "a")).await.unwrap().already_there, "the same work needs no place");
        jobs.cancel(&first.job.id, now()).await.unwrap();
        assert!(ask(keyed("train_model", "c")).await.is_some());
        assert!(ask(keyed("train_model", "d")).await.is_none());
    }
}

/// Twenty who ask at once share four places.
#[tokio::test(flavor = "multi_thread")]
async fn who_ask_at_once_do_not_share_the_last_place() {
    for place in places().await {
        let mut asking = tokio::task::JoinSet::new();
        for at in 0..20 {
            let store = place.store.clone();
            asking.spawn(async move {
                let allowance = Allowance { kinds: &["train_model"], most: 4 };
                let new = NewJob { dedup_key: Some(at.to_string()), ..training("AAPL") };
                store.jobs().enqueue_within(new, allowance, now()).await.unwrap().is_some()
            });
        }
        assert_eq!(asking.join_all().await.into_iter().filter(|&entered| entered).count(), 4);
    }
}

/// Ended jobs are kept for a month: counting must not read them.
#[tokio::test]
async fn counting_unfinished_jobs_reads_an_index_that_has_no_others() {
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
async fn jobs_are_counted_by_state() {
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
