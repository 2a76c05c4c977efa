//! Readiness checks, and writes to a database file that was removed.

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use closecast_domain::RawBar;
use closecast_store::{DatabaseAddress, Existing, NewJob, NewRun, Origin, Store, StoreError};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend, Statement};
use serde_json::Value;

use crate::{
    place::{Place, places, postgres, sqlite},
    samples::{card, forecast, now, series},
};

fn database(place: &Place) -> PathBuf {
    match place.store.address() {
        DatabaseAddress::Sqlite(path) => path,
        DatabaseAddress::Postgres(_) => panic!("the database has no file"),
    }
}

async fn filled() -> Place {
    let place = sqlite().await;
    place.store.bars().replace(&series("AAPL", &[2, 3]), now()).await.unwrap();
    place
}

#[tokio::test]
async fn check_ready_passes_and_changes_no_row() {
    for place in places().await {
        place.store.keys().add("ana", "admin", "hash", now()).await.unwrap();
        for _ in 0..3 {
            place.store.check_ready().await.unwrap();
        }
        assert_eq!(place.store.keys().list().await.unwrap().len(), 1);
        let schema = place.store.schema().await.unwrap();
        assert_eq!((schema.applied, schema.pending), (4, 0));
        let left = fs::read_dir(&place.settings.folder).unwrap();
        let probes = left.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("ready"));
        assert_eq!(probes.count(), 0, "the probe file is removed");
    }
}

#[tokio::test]
async fn check_ready_passes_when_called_concurrently() {
    for place in places().await {
        let mut checks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = place.store.clone();
            checks.spawn(async move { store.check_ready().await });
        }
        for checked in checks.join_all().await {
            checked.unwrap();
        }
    }
}

/// A program that hangs during its check keeps its transaction open.
#[tokio::test]
async fn check_ready_writes_and_passes_when_another_program_hangs_within_its_own_check() {
    let Some(place) = postgres().await else { return };
    let DatabaseAddress::Postgres(url) = place.store.address() else { panic!("not PostgreSQL") };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    let other = Database::connect(options).await.unwrap();
    other.execute_unprepared("BEGIN").await.unwrap();
    let check = "SELECT version FROM seaql_migrations ORDER BY version LIMIT 1 FOR SHARE";
    other.execute_unprepared(check).await.unwrap();
    let write = async || {
        let sql = "SELECT xmax::text AS xmax FROM seaql_migrations ORDER BY version LIMIT 1";
        let row = other.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql)).await.unwrap().unwrap();
        row.try_get::<String>("", "xmax").unwrap()
    };
    for _ in 0..2 {
        let before = write().await;
        place.store.check_ready().await.unwrap();
        assert_ne!(write().await, before, "the check writes");
    }
}

#[tokio::test]
async fn check_ready_fails_when_file_was_deleted_without_creating_it() {
    let place = filled().await;
    fs::remove_file(database(&place)).unwrap();
    let error = place.store.check_ready().await.unwrap_err();
    assert!(matches!(error, StoreError::Replaced { .. }) && error.to_string().contains("was deleted"), "{error}");
    assert!(!database(&place).exists());
}

#[tokio::test]
async fn check_ready_fails_while_file_is_replaced() {
    let place = filled().await;
    let (file, aside) = (database(&place), place.folder.path().join("aside"));
    fs::rename(&file, &aside).unwrap();
    fs::copy(&aside, &file).unwrap();
    let error = place.store.check_ready().await.unwrap_err();
    assert!(matches!(error, StoreError::Replaced { .. }) && error.to_string().contains("another file"), "{error}");
    fs::rename(&aside, &file).unwrap();
    place.store.check_ready().await.unwrap();
}

/// Checkpoints the log in mode `how`: TRUNCATE empties the log, PASSIVE keeps it.
async fn checkpoint(file: &Path, how: &str) {
    let other = Database::connect(format!("sqlite:{}", file.display())).await.unwrap();
    other.execute_unprepared(&format!("PRAGMA wal_checkpoint({how})")).await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn check_ready_fails_when_the_file_was_truncated() {
    for left in [0, 100, 4096, 20_000] {
        for moved in [false, true] {
            let place = filled().await;
            let file = database(&place);
            if moved {
                checkpoint(&file, "TRUNCATE").await;
            }
            File::options().write(true).open(&file).unwrap().set_len(left).unwrap();
            match place.store.check_ready().await {
                Err(StoreError::Damaged { .. }) => {}
                // The next checkpoint restores the file from the log.
                Ok(()) if !moved && left >= 512 => assert_eq!(place.store.bars().list().await.unwrap().len(), 1),
                other => panic!("{left} bytes left: {other:?}"),
            }
        }
    }
}

/// The pages that SQLite reads for the check still exist.
#[tokio::test]
async fn check_ready_fails_when_end_of_file_is_missing() {
    for how in ["PASSIVE", "TRUNCATE"] {
        let place = filled().await;
        let mut long = series("IBM", &[2]);
        let days = crate::samples::day(2).iter_days().take(5000);
        long.bars = days.map(|day| RawBar { close: Some(1.5), ..RawBar::empty(day) }).collect();
        place.store.bars().replace(&long, now()).await.unwrap();
        let file = database(&place);
        checkpoint(&file, how).await;
        let size = fs::metadata(&file).unwrap().len();
        File::options().write(true).open(&file).unwrap().set_len(size - 8192).unwrap();
        let error = place.store.check_ready().await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{how}: {error:?}");
    }
}

#[tokio::test]
async fn check_ready_fails_when_the_file_was_overwritten() {
    for start in [0, 4096, 16384] {
        let place = filled().await;
        let file = database(&place);
        checkpoint(&file, "TRUNCATE").await;
        let mut written = File::options().write(true).open(&file).unwrap();
        written.seek(SeekFrom::Start(start)).unwrap();
        written.write_all(&[0xa5; 8192]).unwrap();
        let error = place.store.check_ready().await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "from {start}: {error:?}");
    }
}

#[tokio::test]
async fn check_ready_fails_when_another_program_keeps_the_database_locked() {
    let place = filled().await;
    let mut options = ConnectOptions::new(format!("sqlite:{}", database(&place).display()));
    options.max_connections(1);
    let other = Database::connect(options).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let error = place.store.check_ready().await.unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
    other.execute_unprepared("ROLLBACK").await.unwrap();
    place.store.check_ready().await.unwrap();
}

/// Every kind of write, to an unlinked file.
async fn writes(store: &Store, folder: &Path) -> Vec<(&'static str, Result<(), StoreError>)> {
    let job = NewJob {
        kind: "train_model".into(),
        payload: Value::Null,
        dedup_key: None,
        priority: 0,
        max_attempts: 1,
        requested_by: None,
    };
    let run = NewRun {
        name: "AAPL".into(),
        symbol: None,
        kind: "train".into(),
        parameters: Value::Null,
        code_version: "0.1.0".into(),
        job_id: None,
    };
    let entry = crate::audit::entry(None, "POST /train");
    vec![
        ("job", store.jobs().enqueue(job, now()).await.map(drop)),
        ("bars", store.bars().replace(&series("IBM", &[2]), now()).await),
        ("model", store.models().publish(&card("IBM"), Bytes::from("one"), Origin::default(), now()).await.map(drop)),
        ("run", store.runs().begin(run, &Value::Null, now()).await.map(drop)),
        ("forecast", store.forecasts().record(&forecast("AAPL", "one", 9), now()).await.map(drop)),
        ("alert", store.alerts().raise(crate::backup::content::alert("IBM"), now()).await.map(drop)),
        ("key", store.keys().add("ana", "admin", "hash", now()).await.map(drop)),
        ("audit", store.audit().write(entry, now()).await),
        ("restore", store.restore(&folder.join("backup"), Existing::Replace, now()).await.map(drop)),
    ]
}

#[tokio::test]
async fn writes_fail_and_reads_succeed_when_file_was_deleted_or_replaced() {
    for replaced in [false, true] {
        let place = filled().await;
        let backup = place.folder.path().join("backup");
        place.store.backup(&backup, Existing::Keep, now()).await.unwrap();
        let (file, aside) = (database(&place), place.folder.path().join("aside"));
        fs::rename(&file, &aside).unwrap();
        if replaced {
            fs::copy(&aside, &file).unwrap();
        }
        for (what, written) in writes(&place.store, place.folder.path()).await {
            assert!(matches!(written, Err(StoreError::Replaced { .. })), "{what}: {written:?}");
        }
        assert_eq!(place.store.bars().list().await.unwrap().len(), 1);
        fs::rename(&aside, &file).unwrap();
        for (what, written) in writes(&place.store, place.folder.path()).await {
            assert!(written.is_ok(), "{what}: {written:?}");
        }
    }
}

/// SQLite caches pages in memory and in its log, so it may not detect the damage again.
#[tokio::test]
async fn writes_fail_after_damage_was_detected_once() {
    let place = filled().await;
    let file = database(&place);
    checkpoint(&file, "TRUNCATE").await;
    let whole = fs::read(&file).unwrap();
    let overwrite = |bytes: &[u8]| File::options().write(true).open(&file).unwrap().write_all(bytes).unwrap();
    overwrite(&[0xa5; 8192]);
    let error = place.store.check_ready().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    overwrite(&whole[..8192]);
    let error = place.store.check_ready().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    let written = place.store.bars().replace(&series("IBM", &[2, 3]), now()).await;
    assert!(matches!(written, Err(StoreError::Damaged { .. })), "{written:?}");
    assert_eq!(place.store.bars().list().await.unwrap().len(), 1, "it is read all the same");
    let again = Store::open(place.settings.clone()).await.unwrap();
    again.bars().replace(&series("IBM", &[2, 3]), now()).await.unwrap();
}
