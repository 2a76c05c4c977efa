//! Artifacts that are cut short.

use std::{fs, path::PathBuf};

use crate::{
    server::Server,
    site::{SMALL, Site, files, make_old},
};

fn artifact_of(site: &Site, version: u64) -> PathBuf {
    let models = site.json(&["models", "list"]);
    let models = models["models"].as_array().unwrap();
    let model = models.iter().find(|model| model["model"]["version"] == version).unwrap();
    let sha256 = model["model"]["sha256"].as_str().unwrap();
    site.data().join("artifacts").join(&sha256[..2]).join(sha256)
}

#[test]
fn a_half_written_artifact_in_service_is_told_and_the_champion_before_it_serves_again() {
    let site = Site::new();
    site.succeeds(&[&["train", "AAPL", "--seed", "7"], &SMALL[..]].concat());
    site.run(&["models", "promote", "AAPL", "--force"]);
    let path = artifact_of(&site, 2);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();

    let server = Server::start(&site.folder);
    let answer = server.get("/api/predictions/AAPL");
    assert_eq!(answer.status, 503, "no forecast of half a model: {answer:?}");
    let found = site.doctor(&["--repair"]);
    let damaged = found.on("model AAPL version 2");
    assert!(damaged["status"] == "error" && damaged["detail"].as_str().unwrap().contains("is damaged"), "{found:?}");
    assert!(damaged["remedy"].as_str().unwrap().contains("closecast models rollback AAPL"), "{found:?}");
    assert!(path.exists(), "what may be needed is never removed");

    site.succeeds(&["models", "rollback", "AAPL"]);
    crate::site::wait_until("the server to hear of it", || server.get("/api/predictions/AAPL").status == 200);
    assert_eq!(server.get("/api/predictions/AAPL").json()["model"]["version"], 1);
    fs::write(&path, whole).unwrap();
    let found = site.doctor(&[]);
    assert!(found.complaints().is_empty(), "{found:?}");
}

#[test]
fn half_written_artifacts_of_no_version_are_removed_and_the_others_stay() {
    let site = Site::new();
    let ours = files(&site.data().join("artifacts"));
    let hash = "ab".repeat(32);
    let folder = site.data().join("artifacts/ab");
    fs::create_dir_all(&folder).unwrap();
    let left: Vec<_> = [hash.clone(), format!("{hash}#1"), format!("{hash}#2")].map(|name| folder.join(name)).into();
    for path in &left {
        fs::write(path, b"half a mod").unwrap();
    }
    let young = site.doctor(&["--repair"]);
    assert!(
        young.complaints().is_empty() && left.iter().all(|path| path.exists()),
        "they may be in the making: {young:?}"
    );
    left[..2].iter().chain(&ours).for_each(|path| make_old(path));
    let seen = site.doctor(&[]);
    assert_eq!(seen.on("artifacts")["status"], "warning", "{seen:?}");
    assert!(seen.on("artifacts")["detail"].as_str().unwrap().contains("1 artifact and 1 unfinished file (20 bytes)"));
    let mended = site.doctor(&["--repair"]);
    assert!(mended.complaints().is_empty(), "{mended:?}");
    assert_eq!(left.iter().map(|path| path.exists()).collect::<Vec<_>>(), [false, false, true]);
    assert!(ours.iter().all(|path| path.exists()), "those of versions stay, however old");
}

#[test]
fn the_artifacts_of_another_database_are_left_alone() {
    let site = Site::new();
    let ours = files(&site.data().join("artifacts"));
    ours.iter().for_each(|path| make_old(path));
    for file in fs::read_dir(site.data()).unwrap().map(|entry| entry.unwrap().path()) {
        if file.file_name().unwrap().to_str().unwrap().starts_with("closecast.db") {
            fs::remove_file(file).unwrap();
        }
    }
    let found = site.doctor(&["--repair"]);
    let remedy = found.on("artifacts")["remedy"].as_str().unwrap().to_owned();
    assert!(remedy.contains("DATABASE_URL") && ours.iter().all(|path| path.exists()), "{found:?}");
}

/// The same training makes the same artifact: it is written again where it had been cut short.
#[test]
fn the_same_training_mends_a_half_written_artifact() {
    let site = Site::new();
    let path = artifact_of(&site, 1);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..100]).unwrap();
    assert!(!site.doctor(&[]).complaints().is_empty());
    site.succeeds(&[&["train", "AAPL"], &SMALL[..]].concat());
    assert_eq!(artifact_of(&site, 2), path, "the same bytes");
    let found = site.doctor(&[]);
    assert!(found.complaints().is_empty(), "{found:?}");
}
