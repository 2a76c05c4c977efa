//! Backups of a store in use.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use closecast_domain::{RawBar, Symbol};
use closecast_store::{Existing, Origin, Store};

use super::file;
use crate::{
    place::{places, sqlite},
    samples::{card, day, forecast, now, series},
};

/// Publishes versions and records a forecast of each, in a loop.
async fn serve(store: Store, over: Arc<AtomicBool>) -> u64 {
    let mut published = 0;
    while !over.load(Ordering::Relaxed) {
        let artifact = Bytes::from(format!("artifact {published}"));
        let version = store.models().publish(&card("AAPL"), artifact, Origin::default(), now()).await.unwrap();
        store.forecasts().record(&forecast("AAPL", &version.sha256, 9), now()).await.unwrap();
        published += 1;
    }
    published
}

/// Every version has its artifact and its registry entry, every forecast its version.
#[tokio::test(flavor = "multi_thread")]
async fn backup_is_consistent_during_concurrent_writes() {
    for place in places().await {
        // Long enough for many writes between the first table and the last.
        let mut long = series("IBM", &[2]);
        long.bars = day(2).iter_days().take(10_000).map(RawBar::empty).collect();
        place.store.bars().replace(&long, now()).await.unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let serving = tokio::spawn(serve(place.store.clone(), Arc::clone(&over)));
        let mut seen = Vec::new();
        for _ in 0..4 {
            place.store.backup(&file(&place), Existing::Replace, now()).await.unwrap();
            let other = sqlite().await;
            other.store.restore(&file(&place), Existing::Keep, now()).await.unwrap();
            seen.push(consistent(&other.store).await);
        }
        over.store(true, Ordering::Relaxed);
        let published = serving.await.unwrap();
        assert!(published > 4 && seen.last() > seen.first(), "the store was not in use: {seen:?} of {published}");
    }
}

/// Returns the number of versions.
async fn consistent(store: &Store) -> usize {
    let versions = store.models().list().await.unwrap();
    for version in &versions {
        store.models().artifact(version).await.unwrap();
    }
    let events = store.models().events("AAPL", 100_000).await.unwrap();
    assert_eq!(events.len(), versions.len());
    let forecasts = store.forecasts().newest(&Symbol::new("AAPL").unwrap(), 100_000).await.unwrap();
    let orphan = forecasts.iter().find(|made| versions.iter().all(|version| version.sha256 != made.model.sha256));
    assert_eq!(orphan, None);
    // The newest version may not have a forecast yet.
    assert!(versions.len() - forecasts.len() <= 1, "{} versions, {} forecasts", versions.len(), forecasts.len());
    versions.len()
}
