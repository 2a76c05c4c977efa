//! Champion and challenger.

use bytes::Bytes;
use closecast_store::{Alias, ModelFilter, Origin, RegistryAction, StoreError, Topic};
use serde_json::json;

use crate::{
    place::places,
    samples::{card, now},
};

#[tokio::test]
async fn promote_and_rollback_change_champion() {
    for place in places().await {
        let models = place.store.models();
        for bytes in ["one", "two", "three"] {
            models.publish(&card("AAPL"), Bytes::from(bytes), Origin::default(), now()).await.unwrap();
        }
        assert_eq!(models.under("AAPL", Alias::Champion).await.unwrap().unwrap().version, 1);
        assert_eq!(models.under("AAPL", Alias::Challenger).await.unwrap().unwrap().version, 3);
        let evidence = json!({ "days": 60 });
        let promoted =
            models.promote(("AAPL", 3), Some(1), (Some(&evidence), false), Some("ana"), now()).await.unwrap();
        assert_eq!(promoted, Some(1));
        assert_eq!(models.in_service("AAPL").await.unwrap().unwrap().version, 3);
        assert!(models.under("AAPL", Alias::Challenger).await.unwrap().is_none());
        models.promote(("AAPL", 2), Some(3), (None, true), None, now()).await.unwrap();
        assert_eq!(models.rollback("AAPL", Some("ana"), now()).await.unwrap(), (2, 3));
        assert_eq!(models.rollback("AAPL", None, now()).await.unwrap(), (3, 1));
        assert!(matches!(models.rollback("AAPL", None, now()).await, Err(StoreError::NoEarlierChampion { .. })));
        assert_eq!(models.in_service("AAPL").await.unwrap().unwrap().version, 1);
        let book = models.events("AAPL", 10).await.unwrap();
        let entries: Vec<_> =
            book.iter().rev().map(|line| (line.action, line.version, line.previous, line.forced)).collect();
        assert_eq!(
            entries,
            [
                (RegistryAction::Publish, 1, None, false),
                (RegistryAction::Publish, 2, Some(1), false),
                (RegistryAction::Publish, 3, Some(1), false),
                (RegistryAction::Promote, 3, Some(1), false),
                (RegistryAction::Promote, 2, Some(3), true),
                (RegistryAction::Rollback, 3, Some(2), false),
                (RegistryAction::Rollback, 1, Some(3), false),
            ]
        );
        assert_eq!(book[3].evidence, Some(evidence));
        assert_eq!((book[3].actor.as_deref(), book[1].actor.as_deref()), (Some("ana"), Some("ana")));
        let id = book[1].id;
        assert_eq!(models.events_after(id).await.unwrap().len(), 1);
        assert_eq!(models.last_event().await.unwrap(), book[0].id);
    }
}

#[tokio::test]
async fn promote_fails_when_champion_has_changed() {
    for place in places().await {
        let models = place.store.models();
        for bytes in ["one", "two", "three"] {
            models.publish(&card("AAPL"), Bytes::from(bytes), Origin::default(), now()).await.unwrap();
        }
        models.promote(("AAPL", 2), Some(1), (None, true), None, now()).await.unwrap();
        let late = models.promote(("AAPL", 3), Some(1), (None, false), None, now()).await;
        assert!(matches!(late, Err(StoreError::ChampionChanged { .. })));
        assert_eq!(models.in_service("AAPL").await.unwrap().unwrap().version, 2);
        let unknown = models.promote(("AAPL", 9), Some(2), (None, true), None, now()).await;
        assert!(matches!(unknown, Err(StoreError::NoVersion { version: 9, .. })));
    }
}

#[tokio::test]
async fn promotion_notifies_other_programs_on_postgresql() {
    for place in places().await {
        let other = place.reopened().await;
        let mut listener = other.notifier().listen().await;
        // The first message after connecting stands for missed ones.
        listener.wait(&[Topic::Models], std::time::Duration::from_millis(300)).await;
        let heard = tokio::spawn(async move {
            let begun = std::time::Instant::now();
            listener.wait(&[Topic::Models], std::time::Duration::from_secs(5)).await;
            begun.elapsed()
        });
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        place.store.models().publish(&card("AAPL"), Bytes::from("one"), Origin::default(), now()).await.unwrap();
        let waited = heard.await.unwrap();
        assert_eq!(waited.as_millis() < 2000, place.is_postgres(), "{waited:?}");
    }
}

/// An entry with a lower number must not become visible after a higher one: a server that has read on would keep serving the
/// older champion.
#[tokio::test(flavor = "multi_thread")]
async fn registry_log_entries_become_visible_in_order() {
    const WRITERS: usize = 8;
    const LINES: usize = 30;
    for place in places().await {
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let store = place.store.clone();
            writers.spawn(async move {
                for line in 0..LINES {
                    let (card, bytes) = (card(&format!("M{writer}")), Bytes::from(format!("{writer} {line}")));
                    store.models().publish(&card, bytes, Origin::default(), now()).await.unwrap();
                }
            });
        }
        let reader = place.reopened().await;
        let (mut known, mut read) = (0, 0);
        loop {
            while writers.try_join_next().is_some() {}
            let ended = writers.is_empty();
            let lines = reader.models().events_after(known).await.unwrap();
            read += lines.len();
            known = lines.last().map_or(known, |line| line.id);
            if ended && lines.is_empty() {
                break;
            }
        }
        assert_eq!(read, WRITERS * LINES);
    }
}

#[tokio::test]
async fn registry_pages_in_order() {
    for place in places().await {
        let models = place.store.models();
        for (name, bytes) in [("AAPL", "one"), ("AAPL", "two"), ("OWN", "three"), ("AAPL", "four")] {
            models.publish(&card(name), Bytes::from(bytes), Origin::default(), now()).await.unwrap();
        }
        let listed = async |filter: ModelFilter, after| {
            let champions = models.champions(&filter, after, 10).await.unwrap();
            champions.into_iter().map(|version| (version.name, version.version)).collect::<Vec<_>>()
        };
        let all = ModelFilter::default();
        assert_eq!(listed(all.clone(), None).await, [("AAPL".into(), 1), ("OWN".into(), 1)]);
        assert_eq!(listed(all.clone(), Some("AAPL")).await, [("OWN".into(), 1)]);
        assert_eq!(models.champions(&all, None, 1).await.unwrap().len(), 1);
        // Both samples have the symbol AAPL, whatever their name.
        let of = |symbol: &str| ModelFilter { symbol: Some(symbol.into()), ..ModelFilter::default() };
        assert_eq!((listed(of("AAPL"), None).await.len(), listed(of("IBM"), None).await.len()), (2, 0));
        let named = ModelFilter { name: Some("OWN".into()), ..ModelFilter::default() };
        assert_eq!(listed(named, None).await, [("OWN".into(), 1)]);

        let roles = models.aliases_of(&["AAPL"]).await.unwrap();
        assert_eq!(
            roles.into_iter().map(|((_, role), version)| (role, version)).collect::<Vec<_>>(),
            [(Alias::Champion, 1), (Alias::Challenger, 3)]
        );
        let versions = async |before, limit| {
            let page = models.versions("AAPL", before, limit).await.unwrap();
            page.into_iter().map(|version| version.version).collect::<Vec<_>>()
        };
        assert_eq!((versions(None, 2).await, versions(Some(2), 2).await), (vec![3, 2], vec![1]));
        let book = models.events_before("AAPL", None, 2).await.unwrap();
        let rest = models.events_before("AAPL", Some(book[1].id), 10).await.unwrap();
        assert_eq!((book.len(), rest.len(), rest[0].version), (2, 1, 1));
    }
}

#[tokio::test]
async fn champions_are_listed_by_name() {
    for place in places().await {
        let models = place.store.models();
        for (name, bytes) in [("IBM", "one"), ("AAPL", "two"), ("AAPL", "three"), ("BASE", "four")] {
            models.publish(&card(name), Bytes::from(bytes), Origin::default(), now()).await.unwrap();
        }
        models.promote(("AAPL", 2), Some(1), (None, true), None, now()).await.unwrap();
        let champions = models.champions(&ModelFilter::default(), None, 10).await.unwrap();
        let named: Vec<_> = champions.iter().map(|version| (version.name.as_str(), version.version)).collect();
        assert_eq!(named, [("AAPL", 2), ("BASE", 1), ("IBM", 1)]);
        assert_eq!(models.champions(&ModelFilter::default(), None, 2).await.unwrap(), champions[..2]);
        assert_eq!(models.champions(&ModelFilter::default(), Some("AAPL"), 10).await.unwrap(), champions[1..]);
        assert!(models.champions(&ModelFilter::default(), Some("IBM"), 10).await.unwrap().is_empty());
    }
}
