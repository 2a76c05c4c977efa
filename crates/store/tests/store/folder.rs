//! The folder that the store lives in.

use bytes::Bytes;
use closecast_store::{Origin, Store, StoreError};

use crate::samples::{card, now};

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Store::open(file.join("inside").as_path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }) && error.to_string().contains("inside"), "{error}");
}

/// Eight programs started at once on an empty folder: one of them makes the tables, all of them can write.
#[tokio::test]
async fn a_folder_opened_by_many_at_once_is_made_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let mut openings = tokio::task::JoinSet::new();
        for number in 0..8 {
            let path = folder.path().to_owned();
            openings.spawn(async move {
                let store = Store::open(path.as_path()).await.unwrap();
                let name = format!("M{number}");
                store
                    .models()
                    .publish(&card(&name), Bytes::from_static(b"one"), Origin::default(), now())
                    .await
                    .unwrap();
            });
        }
        openings.join_all().await;
        assert_eq!(Store::open(folder.path()).await.unwrap().models().list().await.unwrap().len(), 8);
    }
}
