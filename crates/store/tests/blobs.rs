//! Artifacts in a local folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::{
    collections::HashSet,
    fs::{self, File},
    os::unix::fs::symlink,
    path::PathBuf,
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use closecast_domain::{Clock, SystemClock};
use closecast_store::{BlobError, BlobRef, Blobs, Garbage, StoreError};

const TWO_HOURS: TimeDelta = TimeDelta::hours(2);

struct Place {
    folder: tempfile::TempDir,
    blobs: Blobs,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::local(&folder.path().join("artifacts")).unwrap();
        Self { folder, blobs }
    }

    async fn put(&self, bytes: &'static [u8]) -> String {
        self.blobs.put(Bytes::from_static(bytes)).await.unwrap().sha256
    }

    fn file(&self, sha256: &str) -> PathBuf {
        self.folder.path().join("artifacts").join(&sha256[..2]).join(sha256)
    }

    /// Creates the file of a program that was killed while writing.
    fn leave_unfinished(&self, sha256: &str) -> PathBuf {
        let path = self.file(&format!("{sha256}#1"));
        fs::write(&path, b"half").unwrap();
        path
    }

    async fn garbage(&self, referenced: &[&str], read_at: DateTime<Utc>) -> Vec<Garbage> {
        let referenced: HashSet<String> = referenced.iter().map(|&hash| hash.to_owned()).collect();
        self.blobs.unreferenced(&referenced, read_at).await.unwrap()
    }

    async fn listed(&self) -> Vec<String> {
        let mut pages = self.blobs.list();
        let mut hashes = Vec::new();
        while let Some(page) = pages.next_page().await.unwrap() {
            hashes.extend(page.into_iter().map(|blob| blob.sha256));
        }
        hashes.sort();
        hashes
    }
}

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

fn age(path: &PathBuf, hours: u64) {
    let earlier = File::open(path).unwrap().metadata().unwrap().modified().unwrap() - Duration::from_secs(hours * 3600);
    File::options().append(true).open(path).unwrap().set_modified(earlier).unwrap();
}

#[tokio::test]
async fn stored_artifacts_are_listed_found_and_deleted() {
    let place = Place::new();
    assert_eq!(place.listed().await, [""; 0]);
    let (one, two) = (place.put(b"one").await, place.put(b"two").await);
    let mut both = vec![one.clone(), two.clone()];
    both.sort();
    assert_eq!(place.listed().await, both);
    assert!(place.blobs.contains(&one).await.unwrap());
    assert!(place.blobs.delete(&one).await.unwrap());
    assert!(!place.blobs.delete(&one).await.unwrap());
    assert!(!place.blobs.contains(&one).await.unwrap() && place.blobs.contains(&two).await.unwrap());
    assert!(matches!(place.blobs.get(&one).await, Err(StoreError::BlobMissing { .. })));
    for name in ["", "../closecast.db", &two.to_uppercase()] {
        assert!(!place.blobs.contains(name).await.unwrap() && !place.blobs.delete(name).await.unwrap(), "{name}");
    }
    place.blobs.ping().await.unwrap();
}

#[tokio::test]
async fn unreferenced_returns_old_unreferenced_artifacts_only() {
    let place = Place::new();
    let (kept, lost) = (place.put(b"kept").await, place.put(b"lost").await);
    let unfinished = place.leave_unfinished(&kept);
    assert_eq!(place.garbage(&[&kept], now() + TimeDelta::minutes(55)).await, []);
    let garbage = place.garbage(&[&kept], now() + TWO_HOURS).await;
    let mut found: Vec<_> = garbage.iter().map(|one| (one.is_unfinished, one.path.clone(), one.size_bytes)).collect();
    found.sort();
    let (lost_path, unfinished_path) = (format!("{}/{lost}", &lost[..2]), format!("{}/{kept}#1", &kept[..2]));
    assert_eq!(found, [(false, lost_path, 4), (true, unfinished_path, 4)]);
    assert_eq!(place.blobs.remove(garbage.clone()).await.unwrap(), garbage);
    assert!(!unfinished.exists() && !place.file(&lost).exists());
    assert_eq!(place.blobs.get(&kept).await.unwrap(), "kept");
    assert_eq!(place.blobs.remove(garbage).await.unwrap(), [], "already deleted");
}

/// Otherwise a publication could lose an artifact that had been garbage for a day.
#[tokio::test]
async fn put_renews_age_of_old_artifact() {
    let place = Place::new();
    let hash = place.put(b"weights").await;
    age(&place.file(&hash), 24);
    let garbage = place.garbage(&[], now()).await;
    assert_eq!(garbage.len(), 1);
    place.put(b"weights").await;
    assert_eq!(place.garbage(&[], now()).await, []);
    assert_eq!(place.blobs.remove(garbage).await.unwrap(), [], "found before it was stored again");
    assert_eq!(place.blobs.get(&hash).await.unwrap(), "weights");
}

#[tokio::test]
async fn put_rewrites_recent_artifact_only_if_damaged() {
    let place = Place::new();
    let hash = place.put(b"weights").await;
    let written = |path: PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let before = written(place.file(&hash));
    place.put(b"weights").await;
    assert_eq!(written(place.file(&hash)), before);
    for damage in [&b"weightz"[..], b"weigh"] {
        fs::write(place.file(&hash), damage).unwrap();
        assert!(matches!(place.blobs.get(&hash).await, Err(StoreError::BlobDamaged { .. })));
        place.put(b"weights").await;
        assert_eq!(place.blobs.get(&hash).await.unwrap(), "weights");
    }
}

/// A write beside an interrupted one uses another name.
#[tokio::test]
async fn unfinished_file_is_not_listed() {
    let place = Place::new();
    let hash = place.put(b"weights").await;
    place.blobs.delete(&hash).await.unwrap();
    place.leave_unfinished(&hash);
    assert!(!place.blobs.contains(&hash).await.unwrap());
    assert_eq!(place.listed().await, [""; 0]);
    place.put(b"weights").await;
    assert_eq!(place.listed().await, [hash]);
}

#[tokio::test]
async fn foreign_files_are_neither_listed_nor_collected() {
    let place = Place::new();
    let hash = place.put(b"weights").await;
    let folder = place.folder.path().join("artifacts");
    let shard = folder.join(&hash[..2]);
    let other = if &hash[..2] == "aa" { "bb" } else { "aa" };
    for path in
        [folder.join("notes.txt"), folder.join(other), shard.join("notes.txt"), shard.join(format!("{hash}#old"))]
    {
        fs::write(path, b"mine").unwrap();
    }
    let like_an_artifact = format!("{}{}", &hash[..2], "0".repeat(62));
    symlink(place.file(&hash), shard.join(like_an_artifact)).unwrap();
    assert_eq!(place.listed().await, std::slice::from_ref(&hash));
    assert_eq!(place.garbage(&[&hash], now() + TWO_HOURS).await, []);
}

#[tokio::test]
async fn folder_errors_name_path_and_remedy() {
    let place = Place::new();
    let folder = place.folder.path().join("artifacts");
    fs::remove_dir_all(&folder).unwrap();
    let error = place.blobs.ping().await.unwrap_err().to_string();
    assert!(error.contains("artifacts") && error.contains("CLOSECAST_ARTIFACTS_URL"), "{error}");
    fs::write(&folder, b"a file in its place").unwrap();
    let error = place.blobs.put(Bytes::from_static(b"one")).await.unwrap_err().to_string();
    assert!(error.contains("Not a directory") && error.contains("CLOSECAST_ARTIFACTS_URL"), "{error}");
    let error = Blobs::local(&folder.join("inside")).unwrap_err().to_string();
    assert!(error.contains("inside") && error.contains("CLOSECAST_ARTIFACTS_URL"), "{error}");
}

#[tokio::test]
async fn get_rejects_artifact_above_recorded_or_maximum_size() {
    let place = Place::new();
    let hash = place.put(b"weights").await;
    let blob = |size_bytes| BlobRef { sha256: hash.clone(), size_bytes };
    assert_eq!(place.blobs.get_sized(&blob(7)).await.unwrap(), "weights");
    // Sparse: the file reports eight gigabytes and occupies none.
    File::options().write(true).open(place.file(&hash)).unwrap().set_len(8 << 30).unwrap();
    let small = place.blobs.clone().with_max_bytes(5);
    for (read, most) in [
        (place.blobs.get_sized(&blob(7)).await, 7),
        (place.blobs.get(&hash).await, closecast_store::MAX_ARTIFACT_BYTES),
        (small.get(&hash).await, 5),
    ] {
        let Err(StoreError::BlobSize { size, max_bytes: allowed, .. }) = read else { panic!("{read:?}") };
        assert_eq!((size, allowed), (8 << 30, most));
    }
}

#[tokio::test]
async fn put_accepts_artifact_above_read_limit() {
    let place = Place::new();
    let small = place.blobs.clone().with_max_bytes(5);
    for _ in 0..2 {
        let blob = small.put(Bytes::from_static(b"weights")).await.unwrap();
        assert_eq!(place.blobs.get(&blob.sha256).await.unwrap(), "weights");
        assert!(matches!(small.get_sized(&blob).await, Err(StoreError::BlobSize { max_bytes: 5, .. })));
    }
}

#[tokio::test]
async fn get_rejects_pipe_device_and_folder_at_once() {
    let place = Place::new();
    let hash = place.put(b"weights").await;
    let file = place.file(&hash);
    let make: [(&str, &dyn Fn()); 3] = [
        ("pipe", &|| assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success())),
        ("device", &|| symlink("/dev/zero", &file).unwrap()),
        ("folder", &|| fs::create_dir(&file).unwrap()),
    ];
    fs::remove_file(&file).unwrap();
    for (what, make) in make {
        make();
        let read = tokio::time::timeout(Duration::from_secs(5), place.blobs.get(&hash)).await.unwrap();
        assert!(matches!(read, Err(StoreError::Blob(BlobError::NotAFile { .. }))), "{what}: {read:?}");
        if what != "folder" {
            fs::remove_file(&file).unwrap();
        }
    }
}
