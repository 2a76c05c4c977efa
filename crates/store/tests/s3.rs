//! Artifacts on a real S3 server: moto's, at `CLOSECAST_TEST_S3`. Without it, these tests are skipped with a message.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "s3/server.rs"]
mod server;

use std::{collections::HashSet, time::Instant};

use bytes::Bytes;
use chrono::TimeDelta;
use closecast_domain::{Clock, SystemClock};
use closecast_store::{BlobError, Blobs, S3Settings, Secret, StoreError};
use server::{Server, StrictServer};

async fn listed(blobs: &Blobs) -> Vec<String> {
    let mut pages = blobs.list();
    let mut hashes = Vec::new();
    while let Some(page) = pages.next_page().await.unwrap() {
        hashes.extend(page.into_iter().map(|blob| blob.sha256));
    }
    hashes.sort();
    hashes
}

fn object(sha256: &str) -> String {
    format!("{}/{sha256}", &sha256[..2])
}

#[tokio::test]
async fn operations_stay_below_the_prefix() {
    let Some(server) = Server::find().await else { return };
    let bucket = server.new_bucket("closecast-below");
    let (plain, below) = (server.blobs(&bucket, ""), server.blobs(&bucket, "a/b"));
    below.ping().await.unwrap();
    assert_eq!(below.to_string(), "s3://closecast-below/a/b");
    let blob = below.put(Bytes::from_static(b"weights")).await.unwrap();
    assert_eq!(blob.size_bytes, 7);
    assert_eq!(below.get(&blob.sha256).await.unwrap(), "weights");
    assert!(below.contains(&blob.sha256).await.unwrap() && !plain.contains(&blob.sha256).await.unwrap());
    let mut pages = below.list();
    let page = pages.next_page().await.unwrap().unwrap();
    assert_eq!((page.len(), page[0].size_bytes), (1, 7));
    assert!((page[0].stored_at - SystemClock.now()).abs() < TimeDelta::minutes(5), "{:?}", page[0]);
    assert!(pages.next_page().await.unwrap().is_none());
    assert_eq!(listed(&plain).await, [""; 0], "objects below another prefix are foreign");
    assert!(below.delete(&blob.sha256).await.unwrap() && !below.delete(&blob.sha256).await.unwrap());
    assert!(matches!(below.get(&blob.sha256).await, Err(StoreError::BlobMissing { .. })));
    assert_eq!(listed(&below).await, [""; 0]);
}

/// `.ci/run` starts the server with pages of ten.
#[tokio::test]
async fn list_returns_all_pages() {
    let Some(server) = Server::find().await else { return };
    let blobs = server.blobs(&server.new_bucket("closecast-pages"), "");
    let mut stored = Vec::new();
    for number in 0..25_u8 {
        stored.push(blobs.put(Bytes::from(vec![number])).await.unwrap().sha256);
    }
    stored.sort();
    assert_eq!(listed(&blobs).await, stored);
}

#[tokio::test]
async fn concurrent_puts_of_one_artifact_store_it_once() {
    let Some(server) = Server::find().await else { return };
    let blobs = server.blobs(&server.new_bucket("closecast-large"), "");
    let bytes = Bytes::from((0..8_000_000_u32).map(|number| number.to_le_bytes()[1]).collect::<Vec<_>>());
    let mut storing = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (blobs, bytes) = (blobs.clone(), bytes.clone());
        storing.spawn(async move { blobs.put(bytes).await.unwrap() });
    }
    let stored = storing.join_all().await;
    assert!(stored.iter().all(|blob| blob == &stored[0]));
    assert_eq!(blobs.get(&stored[0].sha256).await.unwrap(), bytes);
    assert_eq!(listed(&blobs).await.len(), 1);
}

#[tokio::test]
async fn put_repairs_damaged_artifact() {
    let Some(server) = Server::find().await else { return };
    let bucket = server.new_bucket("closecast-damaged");
    let blobs = server.blobs(&bucket, "");
    let hash = blobs.put(Bytes::from_static(b"weights")).await.unwrap().sha256;
    for damage in [&b"weightz"[..], b"weigh", b""] {
        server.overwrite(&bucket, &object(&hash), damage);
        let read = blobs.get(&hash).await;
        assert!(matches!(&read, Err(StoreError::BlobDamaged { expected, .. }) if *expected == hash), "{read:?}");
        blobs.put(Bytes::from_static(b"weights")).await.unwrap();
        assert_eq!(blobs.get(&hash).await.unwrap(), "weights");
    }
}

#[tokio::test]
async fn unreferenced_returns_unreferenced_objects_only() {
    let Some(server) = Server::find().await else { return };
    let bucket = server.new_bucket("closecast-garbage");
    let blobs = server.blobs(&bucket, "models");
    let kept = blobs.put(Bytes::from_static(b"kept")).await.unwrap().sha256;
    let lost = blobs.put(Bytes::from_static(b"lost")).await.unwrap().sha256;
    server.overwrite(&bucket, &format!("models/{}", &object(&lost)[..40]), b"of another program");
    let referenced = HashSet::from([kept.clone()]);
    let now = SystemClock.now();
    assert_eq!(blobs.unreferenced(&referenced, now + TimeDelta::minutes(50)).await.unwrap(), []);
    let garbage = blobs.unreferenced(&referenced, now + TimeDelta::hours(2)).await.unwrap();
    assert_eq!(garbage.iter().map(|one| one.path.clone()).collect::<Vec<_>>(), [object(&lost)]);
    let mut changed = garbage.clone();
    changed[0].stored_at -= TimeDelta::hours(1);
    assert_eq!(blobs.remove(changed).await.unwrap(), [], "written again since it was found");
    assert_eq!(blobs.remove(garbage.clone()).await.unwrap(), garbage);
    assert_eq!(listed(&blobs).await, [kept]);
}

#[tokio::test]
async fn missing_bucket_is_reported_as_such() {
    let Some(server) = Server::find().await else { return };
    let blobs = server.blobs("closecast-nowhere", "");
    let failures = [
        blobs.ping().await.unwrap_err(),
        blobs.get(&"ab".repeat(32)).await.unwrap_err(),
        blobs.put(Bytes::from_static(b"weights")).await.unwrap_err(),
        blobs.list().next_page().await.unwrap_err().into(),
    ];
    for failure in failures {
        assert!(matches!(&failure, StoreError::Blob(BlobError::NoBucket { .. })), "{failure:?}");
        let error = failure.to_string();
        assert!(error.contains("\"closecast-nowhere\"") && error.contains("CLOSECAST_ARTIFACTS_URL"), "{error}");
    }
}

#[tokio::test]
async fn key_errors_name_settings_without_showing_keys() {
    let bucket = "closecast-keys";
    let Some(server) = StrictServer::find(bucket).await else { return };
    let keys = |id: &str, key: &str, token: Option<&str>| S3Settings {
        access_key_id: Some(id.to_owned()),
        secret_access_key: Some(Secret::from(key.to_owned())),
        session_token: token.map(|token| Secret::from(token.to_owned())),
        ..S3Settings::default()
    };
    let good = server.blobs(bucket, keys(&server.key_id, &server.key, None));
    let hash = good.put(Bytes::from_static(b"weights")).await.unwrap().sha256;
    for wrong in [keys("AKIAUNKNOWN", &server.key, None), keys(&server.key_id, "hidden-key", Some("hidden-token"))] {
        let blobs = server.blobs(bucket, wrong.clone());
        for failure in [blobs.ping().await, blobs.get(&hash).await.map(drop)] {
            let failure = failure.unwrap_err();
            assert!(matches!(&failure, StoreError::Blob(BlobError::Keys { .. })), "{failure:?}");
            let error = failure.to_string();
            assert!(error.contains("AWS_ACCESS_KEY_ID") && error.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
            let shown = format!("{error} {failure:?} {blobs:?} {wrong:?}");
            assert!(!shown.contains("hidden") && !shown.contains(&server.key), "{shown}");
        }
        // Its first request is one whose error response has no body.
        let failure = blobs.put(Bytes::from_static(b"more")).await.unwrap_err();
        assert!(failure.to_string().contains("AWS_ACCESS_KEY_ID"), "{failure}");
    }
}

/// A closed port; needs no server.
#[tokio::test]
async fn unreachable_server_fails_fast() {
    let endpoint = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let blobs = Blobs::open(&server::settings(&endpoint, "models", "")).unwrap();
    let start = Instant::now();
    let failure = blobs.ping().await.unwrap_err();
    assert!(start.elapsed().as_secs() < 25, "{:?}", start.elapsed());
    assert!(matches!(&failure, StoreError::Blob(BlobError::Unreachable { .. })), "{failure:?}");
    let shown = format!("{failure} {failure:?} {blobs:?} {:?}", blobs.list());
    assert!(shown.contains(&endpoint) && shown.contains("AWS_ENDPOINT_URL"), "{shown}");
    assert!(!shown.contains("hidden"), "{shown}");
}
