//! Keys.

use crate::{place::places, samples::now};

#[tokio::test]
async fn a_key_opens_until_it_is_revoked() {
    for place in places().await {
        let keys = place.store.keys();
        assert!(!keys.any().await.unwrap());
        let id = keys.add("laptop", "operator", "hash", now()).await.unwrap();
        assert!(keys.any().await.unwrap());
        assert_eq!(keys.with_hash("hash").await.unwrap().unwrap().role, "operator");
        assert!(keys.with_hash("another").await.unwrap().is_none());
        keys.used(&id, now()).await.unwrap();
        assert_eq!(keys.list().await.unwrap()[0].last_used_at, Some(now()));
        assert!(keys.is_good(&id).await.unwrap() && !keys.is_good("another").await.unwrap());
        assert!(keys.revoke(&id, now()).await.unwrap());
        assert!(!keys.is_good(&id).await.unwrap());
        assert!(!keys.revoke(&id, now()).await.unwrap());
        assert!(keys.with_hash("hash").await.unwrap().is_none());
        assert!(keys.any().await.unwrap(), "to revoke the last key opens nothing");
        assert_eq!(keys.list().await.unwrap().len(), 1, "what was revoked is still told");
    }
}
