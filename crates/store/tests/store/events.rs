//! Events.

use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use closecast_store::{Alert, Event, EventPayload, EventTopic, JobState, Origin, Store, Topic};
use serde_json::json;

use crate::{
    jobs::training,
    place::places,
    samples::{card, forecast, now, series},
};

fn payload(number: usize) -> EventPayload {
    EventPayload::Health { symbol: Some("AAPL".into()), data: json!({ "number": number }) }
}

async fn all(store: &Store) -> Vec<Event> {
    store.events().after(0, 1000).await.unwrap().0
}

fn states(events: &[Event]) -> Vec<JobState> {
    events
        .iter()
        .filter_map(|event| if let EventPayload::Job(job) = &event.payload { Some(job.state) } else { None })
        .collect()
}

#[tokio::test]
async fn events_are_numbered_and_read_from_any_number() {
    for place in places().await {
        let events = place.store.events();
        assert_eq!((events.newest().await.unwrap(), events.oldest().await.unwrap()), (0, None));
        events.publish(&[payload(1), payload(2)], now()).await.unwrap();
        events.publish(&[payload(3)], now()).await.unwrap();
        let all = all(&place.store).await;
        assert_eq!(
            all.iter().map(|event| event.payload.clone()).collect::<Vec<_>>(),
            [payload(1), payload(2), payload(3)]
        );
        assert!(all.is_sorted_by(|a, b| a.sequence < b.sequence));
        assert_eq!((all[0].topic, all[0].symbol.as_deref(), all[0].at), (EventTopic::Health, Some("AAPL"), now()));
        let (later, read_to) = events.after(all[0].sequence, 1).await.unwrap();
        assert_eq!((later, read_to), (vec![all[1].clone()], all[1].sequence));
        assert_eq!(events.after(all[2].sequence, 10).await.unwrap(), (vec![], all[2].sequence));
        assert_eq!(events.newest().await.unwrap(), all[2].sequence);
    }
}

#[tokio::test]
async fn prune_removes_old_and_excess_events_and_numbers_continue() {
    for place in places().await {
        let events = place.store.events();
        for number in 0..10 {
            let at = now() + TimeDelta::seconds(i64::try_from(number).unwrap());
            events.publish(&[payload(number)], at).await.unwrap();
        }
        assert_eq!(events.prune(now() + TimeDelta::seconds(3), 100, 2).await.unwrap(), 2, "a few at a time");
        assert_eq!(events.prune(now() + TimeDelta::seconds(3), 100, 100).await.unwrap(), 1);
        assert_eq!(events.prune(now(), 4, 100).await.unwrap(), 3);
        assert_eq!(all(&place.store).await.len(), 4);
        let newest = events.newest().await.unwrap();
        assert_eq!(events.prune(now() + TimeDelta::days(1), 0, 100).await.unwrap(), 3);
        assert_eq!(events.newest().await.unwrap(), newest, "the last sequence number is kept");
        events.publish(&[payload(11)], now()).await.unwrap();
        assert!(events.newest().await.unwrap() > newest);
    }
}

/// A reader never misses a lower number that becomes visible later, even with concurrent writers.
#[tokio::test(flavor = "multi_thread")]
async fn events_become_visible_in_sequence_order() {
    for place in places().await {
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..6 {
            let store = place.reopened().await;
            writers.spawn(async move {
                for number in 0..15 {
                    let payloads: Vec<EventPayload> =
                        (0..=number % 3).map(|part| payload(writer * 1000 + number * 10 + part)).collect();
                    store.events().publish(&payloads, now()).await.unwrap();
                }
            });
        }
        let (mut seen, mut read_to) = (Vec::new(), 0);
        while seen.len() < 6 * 15 * 2 {
            let (page, to) = place.store.events().after(read_to, 7).await.unwrap();
            seen.extend(page);
            read_to = to;
            tokio::task::yield_now().await;
        }
        writers.join_all().await;
        assert_eq!(seen, all(&place.store).await);
    }
}

#[tokio::test]
async fn job_events_cover_all_transitions() {
    for place in places().await {
        let jobs = place.store.jobs();
        jobs.enqueue(training("AAPL"), now()).await.unwrap();
        let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
        jobs.publish_progress(&lease, &json!({ "epoch": 3 }), now()).await.unwrap();
        jobs.retry(&lease, "the price source is down", now(), now()).await.unwrap();
        jobs.publish_progress(&lease, &json!({ "epoch": 4 }), now()).await.unwrap();
        let (_, lease) = jobs.claim("two", now()).await.unwrap().unwrap();
        jobs.succeed(&lease, &json!({ "version": 1 }), now()).await.unwrap();
        assert!(jobs.fail(&lease, "too late", now()).await.is_err());
        let events = all(&place.store).await;
        let (queued, running) = (JobState::Queued, JobState::Running);
        assert_eq!(states(&events), [queued, running, running, queued, running, JobState::Succeeded]);
        assert!(events.iter().all(|event| event.symbol.as_deref() == Some("AAPL")));
        let EventPayload::Job(job) = &events[2].payload else { panic!("{events:?}") };
        assert_eq!((&job.progress, job.worker.as_deref()), (&Some(json!({ "epoch": 3 })), Some("one")));
    }
}

#[tokio::test]
async fn cancelled_and_deduplicated_jobs_emit_one_event_each() {
    for place in places().await {
        let jobs = place.store.jobs();
        let keyed = || closecast_store::NewJob { dedup_key: Some("train AAPL".into()), ..training("AAPL") };
        let job = jobs.enqueue(keyed(), now()).await.unwrap().job;
        jobs.enqueue(keyed(), now()).await.unwrap();
        jobs.cancel(&job.id, now()).await.unwrap();
        jobs.cancel(&job.id, now()).await.unwrap();
        assert_eq!(states(&all(&place.store).await), [JobState::Queued, JobState::Cancelled]);
    }
}

#[tokio::test]
async fn changes_emit_exactly_one_event() {
    for place in places().await {
        let store = &place.store;
        store.bars().replace(&series("AAPL", &[2, 3]), now()).await.unwrap();
        store.forecasts().record(&forecast("AAPL", "aa", 8), now()).await.unwrap();
        store.forecasts().record(&forecast("AAPL", "aa", 8), now()).await.unwrap();
        let alert = Alert {
            kind: "drift".into(),
            severity: "warning".into(),
            subject: "AAPL".into(),
            message: "the returns have changed".into(),
            recommendation: "train again".into(),
            value: None,
            threshold: None,
        };
        store.alerts().raise(alert.clone(), now()).await.unwrap();
        store.alerts().raise(alert, now()).await.unwrap();
        assert!(store.alerts().resolve("drift", "AAPL", now()).await.unwrap());
        assert!(!store.alerts().resolve("drift", "AAPL", now()).await.unwrap());
        for bytes in ["one", "two"] {
            store.models().publish(&card("AAPL"), Bytes::from(bytes), Origin::default(), now()).await.unwrap();
        }
        store.models().promote(("AAPL", 2), Some(1), (None, true), None, now()).await.unwrap();
        store.models().rollback("AAPL", None, now()).await.unwrap();
        let events = all(store).await;
        let topics: Vec<_> = events.iter().map(|event| event.topic.name()).collect();
        assert_eq!(topics, ["bars", "forecasts", "alerts", "alerts", "health", "health", "health", "health"]);
        assert!(events.iter().all(|event| event.symbol.as_deref() == Some("AAPL")), "{events:?}");
        let EventPayload::Bars(bars) = &events[0].payload else { panic!("{events:?}") };
        assert_eq!((bars.rows, bars.last_date.map(|date| date.to_string()).as_deref()), (2, Some("2024-01-03")));
        let EventPayload::Model(model) = &events[7].payload else { panic!("{events:?}") };
        assert_eq!((model.line.version, model.line.previous), (1, Some(2)));
    }
}

/// Within the program on every database, between programs on PostgreSQL.
#[tokio::test]
async fn listener_is_notified_of_events() {
    for place in places().await {
        let other = place.reopened().await;
        let writer = if place.is_postgres() { other.clone() } else { place.store.clone() };
        let mut listener = place.store.notifier().listen().await;
        // A new connection reports that anything may have changed.
        listener.wait(&[Topic::Events], Duration::from_millis(500)).await;
        writer.events().publish(&[payload(1)], now()).await.unwrap();
        assert!(listener.wait(&[Topic::Events], Duration::from_secs(10)).await.is_some());
    }
}

/// The job succeeds even if its event cannot be stored.
#[tokio::test]
async fn job_proceeds_when_event_cannot_be_written() {
    use sea_orm::{ConnectionTrait, Database};
    let place = crate::place::sqlite().await;
    let raw =
        Database::connect(format!("sqlite:{}", place.folder.path().join("closecast.db").display())).await.unwrap();
    raw.execute_unprepared("DROP TABLE events").await.unwrap();
    let jobs = place.store.jobs();
    let job = jobs.enqueue(training("AAPL"), now()).await.unwrap().job;
    let (_, lease) = jobs.claim("one", now()).await.unwrap().unwrap();
    jobs.succeed(&lease, &json!(null), now()).await.unwrap();
    assert_eq!(jobs.get(&job.id).await.unwrap().unwrap().state, JobState::Succeeded);
}
