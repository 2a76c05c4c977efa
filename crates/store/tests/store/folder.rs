//! The data folder.

use bytes::Bytes;
use closecast_store::{Origin, Store, StoreError};

use crate::samples::{card, now};

#[tokio::test]
async fn open_names_folder_that_cannot_be_created() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Store::open(file.join("inside").as_path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }) && error.to_string().contains("inside"), "{error}");
}

/// Eight programs start at once on an empty folder: one creates the tables, all can write.
#[tokio::test]
async fn open_creates_schema_once_when_called_concurrently() {
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
