//! API keys.

use closecast_store::StoreError;

use crate::{place::places, samples::now};

#[tokio::test]
async fn key_is_active_until_revoked() {
    for place in places().await {
        let keys = place.store.keys();
        assert!(!keys.any().await.unwrap());
        keys.add("ana", "admin", "first", now()).await.unwrap();
        let id = keys.add("laptop", "operator", "hash", now()).await.unwrap();
        assert!(keys.any().await.unwrap());
        assert_eq!(keys.with_hash("hash").await.unwrap().unwrap().role, "operator");
        assert!(keys.with_hash("another").await.unwrap().is_none());
        keys.record_use(&id, now()).await.unwrap();
        assert_eq!(keys.list().await.unwrap()[1].last_used_at, Some(now()));
        assert!(keys.is_active(&id).await.unwrap() && !keys.is_active("another").await.unwrap());
        assert!(keys.revoke(&id, now()).await.unwrap());
        assert!(!keys.is_active(&id).await.unwrap());
        assert!(!keys.revoke(&id, now()).await.unwrap());
        assert!(keys.with_hash("hash").await.unwrap().is_none());
        assert!(keys.any().await.unwrap(), "to revoke the last key opens nothing");
        assert_eq!(keys.list().await.unwrap().len(), 2, "revoked keys are listed");
    }
}

#[tokio::test]
async fn add_first_succeeds_once_when_called_concurrently() {
    for place in places().await {
        let mut attempts = tokio::task::JoinSet::new();
        for number in 0..40 {
            let store = place.store.clone();
            attempts.spawn(async move {
                let hash = format!("hash {number}");
                store.keys().add_first("ana", "admin", &hash, now()).await
            });
        }
        let made = attempts.join_all().await;
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
        let refused = made.iter().filter(|made| matches!(made, Err(StoreError::NotFirstKey))).count();
        assert_eq!(refused, 39, "{made:?}");
        assert_eq!(place.store.keys().list().await.unwrap().len(), 1);
        place.store.keys().add("robot", "viewer", "another", now()).await.unwrap();
    }
}

#[tokio::test]
async fn first_key_must_be_admin() {
    for place in places().await {
        let keys = place.store.keys();
        for role in ["viewer", "operator"] {
            let refused =
                [keys.add("ana", role, "hash", now()).await, keys.add_first("ana", role, "hash", now()).await];
            assert!(refused.iter().all(|refused| matches!(refused, Err(StoreError::FirstKeyRole(_)))), "{refused:?}");
        }
        assert!(!keys.any().await.unwrap());
    }
}
