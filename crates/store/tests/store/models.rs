//! Versions and their artifacts.

use bytes::Bytes;
use closecast_store::{Origin, StoreError};

use crate::{
    place::places,
    samples::{card, now},
};

#[tokio::test]
async fn publish_numbers_versions_and_first_serves_until_promotion() {
    for place in places().await {
        let store = &place.store;
        let models = store.models();
        assert!(models.in_service("AAPL").await.unwrap().is_none());
        let first = models.publish(&card("AAPL"), Bytes::from_static(b"one"), Origin::default(), now()).await.unwrap();
        let second = models.publish(&card("AAPL"), Bytes::from_static(b"two"), Origin::default(), now()).await.unwrap();
        let other = models.publish(&card("IBM"), Bytes::from_static(b"one"), Origin::default(), now()).await.unwrap();
        assert_eq!((first.version, second.version, other.version), (1, 2, 1));
        assert_eq!(first.sha256, other.sha256, "the same bytes are one artifact");
        let serving = models.in_service("AAPL").await.unwrap().unwrap();
        assert_eq!(serving, first);
        assert_eq!(models.artifact(&serving).await.unwrap(), Bytes::from_static(b"one"));
        assert_eq!(models.list().await.unwrap().iter().map(|m| m.version).collect::<Vec<_>>(), [2, 1, 1]);
    }
}

#[tokio::test]
async fn artifact_fails_when_damaged_or_missing() {
    for place in places().await {
        let store = &place.store;
        let version = store
            .models()
            .publish(&card("AAPL"), Bytes::from_static(b"weights"), Origin::default(), now())
            .await
            .unwrap();
        let file = place.folder.path().join("artifacts").join(&version.sha256[..2]).join(&version.sha256);
        std::fs::write(&file, b"weightz").unwrap();
        assert!(matches!(store.models().artifact(&version).await, Err(StoreError::BlobDamaged { .. })));
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(store.models().artifact(&version).await, Err(StoreError::BlobMissing { .. })));
        assert!(matches!(store.blobs().get("../closecast.db").await, Err(StoreError::BlobMissing { .. })));
    }
}
