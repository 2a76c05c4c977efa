//! Backups.

#[path = "backup/content.rs"]
pub(crate) mod content;
#[path = "backup/damage.rs"]
mod damage;
#[path = "backup/serving.rs"]
mod serving;

use std::path::PathBuf;

use bytes::Bytes;
use closecast_domain::Symbol;
use closecast_store::{BackupError, Existing, JobFilter, JobState, Origin, RunFilter, RunLog, StoreError};

use self::content::{entries, fill, sorted_rows};
use crate::{
    place::{Place, places},
    samples::{card, forecast, now, series},
};

pub(crate) fn file(place: &Place) -> PathBuf {
    place.folder.path().join("backup.tar.gz")
}

/// Restores from each kind of database into each.
#[tokio::test]
async fn restore_recovers_all_rows_across_databases() {
    for (from, number) in places().await.iter().zip(0..) {
        fill(&from.store).await;
        let summary = from.store.backup(&file(from), Existing::Keep, now()).await.unwrap();
        assert_eq!(summary.rows.len(), 14);
        assert!(summary.rows.values().all(|&rows| rows > 0), "{:?}", summary.rows);
        assert_eq!((summary.artifacts, summary.missing.len()), (2, 0));
        assert_eq!(summary.size_bytes, std::fs::metadata(file(from)).unwrap().len());
        for to in places().await {
            let restored = to.store.restore(&file(from), Existing::Keep, now()).await.unwrap();
            assert_eq!((&restored.rows, restored.artifacts, restored.made_at), (&summary.rows, 2, now()));
            to.store.backup(&file(&to), Existing::Keep, now()).await.unwrap();
            let (mut before, mut after) = (sorted_rows(&entries(&file(from))), sorted_rows(&entries(&file(&to))));
            // Running jobs are requeued, which another test covers.
            let jobs = (before.remove("jobs").unwrap(), after.remove("jobs").unwrap());
            assert_eq!(before, after, "from database {number}");
            assert_eq!(jobs.0.len(), jobs.1.len());
            goes_on(&to).await;
        }
    }
}

/// The read limit depends on the memory of the machine; backups ignore it.
#[tokio::test]
async fn backup_includes_artifacts_above_the_read_limit() {
    for place in places().await {
        fill(&place.store).await;
        let [from, to] = [place.store.clone(), place.reopened().await].map(|store| store.with_max_artifact_bytes(1));
        let summary = from.backup(&file(&place), Existing::Keep, now()).await.unwrap();
        assert_eq!((summary.artifacts, summary.missing), (2, vec![]));
        let restored = to.restore(&file(&place), Existing::Replace, now()).await.unwrap();
        assert_eq!((restored.artifacts, restored.missing), (2, vec![]));
    }
}

/// Checks that a restored installation works: new rows get new identifiers, artifacts exist.
async fn goes_on(place: &Place) {
    let store = &place.store;
    for version in store.models().list().await.unwrap() {
        store.models().artifact(&version).await.unwrap();
    }
    let next = store.models().publish(&card("AAPL"), Bytes::from("next"), Origin::default(), now()).await.unwrap();
    assert_eq!(next.version, 3);
    store.forecasts().record(&forecast("AAPL", "another", 9), now()).await.unwrap();
    let newest = store.forecasts().newest(&Symbol::new("AAPL").unwrap(), 1).await.unwrap();
    assert_eq!(newest[0].model.sha256, "another");
    let runs = store.runs();
    let run = runs.list(&RunFilter::default(), None, 1).await.unwrap().remove(0).id;
    let line = RunLog { at: now(), level: "info".into(), message: "restored".into() };
    runs.log(&run, line).await.unwrap();
    assert_eq!(runs.logs(&run).await.unwrap().last().unwrap().message, "restored");
    assert!(store.alerts().raise(content::alert("IBM"), now()).await.unwrap());
}

#[tokio::test]
async fn restore_requeues_running_jobs_and_ends_cancelled_ones() {
    for place in places().await {
        fill(&place.store).await;
        let state = async |state| {
            place.store.jobs().list(&JobFilter { state: Some(state), kind: None }, None, 10).await.unwrap()
        };
        let running = state(JobState::Running).await;
        let (to_cancel, to_go_on): (Vec<_>, Vec<_>) = running.into_iter().partition(|job| job.cancel_requested);
        assert_eq!((to_cancel.len(), to_go_on.len()), (1, 1));
        place.store.backup(&file(&place), Existing::Keep, now()).await.unwrap();
        let restored = place.store.restore(&file(&place), Existing::Replace, now()).await.unwrap();
        assert_eq!(restored.requeued_jobs, 1);
        assert!(state(JobState::Running).await.is_empty());
        let job = place.store.jobs().get(&to_go_on[0].id).await.unwrap().unwrap();
        assert_eq!((job.state, job.attempt), (JobState::Queued, 1));
        let job = place.store.jobs().get(&to_cancel[0].id).await.unwrap().unwrap();
        assert_eq!((job.state, job.ended_at), (JobState::Cancelled, Some(now())));
        let (claimed, _lease) = place.store.jobs().claim("new", now()).await.unwrap().unwrap();
        assert_eq!((claimed.id, claimed.attempt), (to_go_on[0].id.clone(), 2));
    }
}

#[tokio::test]
async fn restore_into_non_empty_installation_requires_replace() {
    for place in places().await {
        let store = &place.store;
        fill(store).await;
        store.backup(&file(&place), Existing::Keep, now()).await.unwrap();
        store.bars().replace(&series("IBM", &[2, 3]), now()).await.unwrap();
        let refused = store.restore(&file(&place), Existing::Keep, now()).await.unwrap_err();
        assert!(refused.to_string().contains("not empty") && refused.to_string().contains("--replace"), "{refused}");
        assert_eq!(store.bars().list().await.unwrap().len(), 2);
        store.restore(&file(&place), Existing::Replace, now()).await.unwrap();
        assert_eq!(store.bars().list().await.unwrap().len(), 1);
        goes_on(&place).await;
    }
}

#[tokio::test]
async fn restore_of_empty_backup_succeeds() {
    for place in places().await {
        place.store.backup(&file(&place), Existing::Keep, now()).await.unwrap();
        let restored = place.store.restore(&file(&place), Existing::Keep, now()).await.unwrap();
        assert_eq!(restored.rows.values().sum::<u64>(), 0);
        place.store.forecasts().record(&forecast("AAPL", "one", 9), now()).await.unwrap();
    }
}

#[tokio::test]
async fn backup_file_is_atomic_and_private() {
    let place = crate::place::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup.tar.gz");
    std::fs::write(&path, "precious").unwrap();
    let refused = place.store.backup(&path, Existing::Keep, now()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Backup(BackupError::Exists { .. })), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    place.store.backup(&path, Existing::Replace, now()).await.unwrap();
    assert_eq!(entries(&path)[0].0, "closecast-backup.json");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o600
    );
    for nowhere in [folder.path().join("nowhere").join("file"), folder.path().to_owned()] {
        let refused = place.store.backup(&nowhere, Existing::Replace, now()).await.unwrap_err();
        assert!(refused.to_string().contains(&nowhere.display().to_string()), "{refused}");
    }
    // The database fails in the middle.
    place.store.clone().close().await.unwrap();
    place.store.backup(&folder.path().join("another"), Existing::Keep, now()).await.unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn backup_names_missing_artifact_and_includes_the_rest() {
    for place in places().await {
        fill(&place.store).await;
        let versions = place.store.models().list().await.unwrap();
        let sha256 = &versions[0].sha256;
        let artifact = place.settings.folder.join("artifacts").join(&sha256[..2]).join(sha256);
        std::fs::write(artifact, "damaged").unwrap();
        let summary = place.store.backup(&file(&place), Existing::Keep, now()).await.unwrap();
        assert_eq!((summary.artifacts, summary.missing.len()), (1, 1));
        assert_eq!(
            (&summary.missing[0].sha256, &summary.missing[0].models[..]),
            (sha256, &["AAPL version 2".into()][..])
        );
        let other = crate::place::sqlite().await;
        let restored = other.store.restore(&file(&place), Existing::Keep, now()).await.unwrap();
        assert_eq!(restored.missing, summary.missing);
    }
}

#[tokio::test]
async fn restore_skips_rows_with_invalid_symbol() {
    for from in places().await {
        fill(&from.store).await;
        for statement in crate::bars::FOREIGN {
            from.sql(statement).await;
        }
        let made = from.store.backup(&file(&from), Existing::Keep, now()).await.unwrap();
        for to in places().await {
            let restored = to.store.restore(&file(&from), Existing::Keep, now()).await.unwrap();
            let skipped: Vec<_> = restored.skipped.iter().map(|(table, rows)| (table.as_str(), *rows)).collect();
            assert_eq!(skipped, [("bars", 2500), ("forecasts", 2), ("series", 1)]);
            assert_eq!(restored.rows["bars"] * 2, made.rows["bars"]);
            assert!(to.store.bars().unreadable().await.unwrap().is_empty());
            goes_on(&to).await;
        }
    }
}

/// Pieces end between rows, so that none exceeds the limit of a restore.
#[tokio::test]
async fn backup_splits_tables_between_rows() {
    let (from, to) = (crate::place::sqlite().await, crate::place::sqlite().await);
    fill(&from.store).await;
    let run = from.store.runs().list(&RunFilter::default(), None, 1).await.unwrap().remove(0).id;
    for number in 0..30 {
        let message = format!("{number} {}", "x".repeat(500_000));
        from.store.runs().log(&run, RunLog { at: now(), level: "info".into(), message }).await.unwrap();
    }
    from.store.backup(&file(&from), Existing::Keep, now()).await.unwrap();
    let entries = entries(&file(&from));
    let pieces: Vec<_> = entries.iter().filter(|(path, _)| path.starts_with("tables/training_logs/")).collect();
    assert!(pieces.len() > 3 && pieces.iter().all(|(_, bytes)| bytes.len() < (4 << 20) + 600_000), "{}", pieces.len());
    assert!(pieces.iter().all(|(_, bytes)| bytes.ends_with(b"\n")));
    to.store.restore(&file(&from), Existing::Keep, now()).await.unwrap();
    assert_eq!(to.store.runs().logs(&run).await.unwrap().len(), 31);
}
