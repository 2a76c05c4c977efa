//! A disk without room, and a folder that cannot be written.

use std::{fs, path::Path, time::Duration};

use crate::{
    mounts::{has_own_mounts, mount, run_with_own_mounts},
    server::Server,
    site::{SESSIONS, SMALL, Site, wait_until},
};

/// Room for an installation, and not for much more.
const ROOM: &str = "size=8m";

#[test]
fn a_full_disk_loses_nothing() {
    if !has_own_mounts() {
        return run_with_own_mounts("disk::a_full_disk_loses_nothing");
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    mount(&["-t", "tmpfs", "-o", ROOM, "none"], &data);
    let site = Site::in_folder(folder.path(), "");
    let server = Server::start(&site.folder);
    let before = server.get("/api/predictions/AAPL");
    assert_eq!(before.status, 200, "{before:?}");

    let ballast = data.join("ballast");
    fill(&ballast);
    let full = "is full";
    let train: Vec<_> = [&["train", "AAPL", "--seed", "7"], &SMALL[..]].concat();
    site.fails(&train, full);
    crate::command::write_csv(&site.folder.join("MSFT.csv"), SESSIONS);
    site.fails(&["import", "MSFT.csv", "--symbol", "MSFT"], full);
    let job =
        server.request("POST", "/train", r#"{"symbol":"AAPL","epochs":1,"hidden_size":4,"lookback":10,"seed":8}"#);
    assert_eq!(job.status, 507, "{job:?}");
    assert!(job.json()["detail"].as_str().unwrap().contains("disk of the database is full"), "{job:?}");
    let new = server.get("/api/predictions/AAPL?model=BASE");
    // A forecast needs no room to be right: it is told, and marked as one that is not kept.
    assert_eq!((new.status, &new.json()["stored"]), (200, &false.into()), "{new:?}");
    assert!(new.json()["warning"].as_str().unwrap().contains("is full"), "{new:?}");
    let predicted = site.json(&["predict", "AAPL", "--model", "BASE"]);
    assert!(predicted["stored"] == false && predicted["warning"].as_str().unwrap().contains("is full"), "{predicted}");
    // What was forecast before can be forecast again: nothing new has to be kept.
    let meanwhile = server.get("/api/predictions/AAPL");
    assert_eq!((meanwhile.status, meanwhile.json()), (200, before.json()), "the earlier version serves: {meanwhile:?}");
    for path in ["/livez", "/api/stocks/AAPL"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    // Readers are answered, but a server that can keep nothing is not ready.
    let ready = server.get("/readyz");
    assert!(ready.status == 503 && ready.body.contains("the disk of the database is full"), "{ready:?}");
    let found = site.doctor(&[]);
    assert_eq!(found.on("data folder")["status"], "error", "{found:?}");
    assert_eq!(found.on("database")["status"], "error", "{found:?}");
    assert!(found.on("database")["detail"].as_str().unwrap().contains(full), "{found:?}");

    fs::remove_file(&ballast).unwrap();
    wait_until("/readyz", || server.get("/readyz").status == 200);
    let is_stored = || server.get("/api/predictions/AAPL?model=BASE").json()["stored"] == true;
    wait_until("the forecast to be stored", is_stored);
    // A disk that fills up while a job is worked on: the job fails and says why, or is done as soon as there is room.
    let job = server.train(8, 60);
    server.wait_for(&job, |job| job["status"] == "running");
    fill(&ballast);
    std::thread::sleep(Duration::from_secs(4));
    fs::remove_file(&ballast).unwrap();
    let ended = server.wait_for(&job, |job| job["ended_at"].is_string());
    let reason = ended["error"].as_str().unwrap_or_default();
    let has_failed = ended["status"] == "failed" && (reason.contains("No space left") || reason.contains(full));
    assert!(has_failed || ended["status"] == "succeeded", "{ended:#}");

    let earlier = site.versions().len() as u64;
    let job = server.train(9, 2);
    server.succeeds(&job);
    server.is_idle();
    site.succeeds(&["import", "MSFT.csv", "--symbol", "MSFT"]);
    site.succeeds(&train);
    assert_eq!(site.versions(), (1..=earlier + 2).collect::<Vec<_>>());
    let last = server.get("/api/predictions/AAPL");
    assert_eq!(last.status, 200, "{last:?}");
    drop(server);
    let found = site.doctor(&["--repair"]);
    assert!(found.0["healthy"] == true && found.forecasts() > 0, "{found:?}");
    // All that is left is that the disk is small.
    let found = site.doctor(&[]);
    assert!(found.complaints().iter().all(|check| check["name"] == "data folder"), "{found:?}");
}

/// Takes all the room there is.
fn fill(path: &Path) {
    use std::io::Write as _;
    let mut file = fs::File::create(path).unwrap();
    for size in [65536, 4096] {
        while file.write_all(&vec![1_u8; size]).is_ok() {}
    }
}

#[test]
fn a_folder_that_cannot_be_written_loses_nothing() {
    if !has_own_mounts() {
        return run_with_own_mounts("disk::a_folder_that_cannot_be_written_loses_nothing");
    }
    let site = Site::new();
    let data = site.data();
    mount(&["--bind", data.to_str().unwrap()], &data);
    mount(&["-o", "remount,bind,ro"], &data);
    for command in
        [&["import", "AAPL.csv"][..], &["train", "AAPL", "--epochs", "1"], &["predict", "AAPL"], &["jobs", "list"]]
    {
        site.fails(command, "the data folder \"data\" cannot be used: Read-only file system");
    }
    let serve = site.run(&["serve", "--port", "0"]);
    let printed = String::from_utf8_lossy(&serve.stderr);
    assert!(
        !serve.status.success() && printed.contains("Read-only file system") && !printed.contains("panicked"),
        "{printed}"
    );
    let found = site.doctor(&[]);
    assert_eq!(found.on("data folder")["status"], "error", "{found:?}");

    mount(&["-o", "remount,bind,rw"], &data);
    let found = site.doctor(&[]);
    assert!(found.complaints().is_empty() && found.forecasts() > 0, "{found:?}");
    site.succeeds(&[&["train", "AAPL", "--seed", "7"], &SMALL[..]].concat());
    assert_eq!(site.versions(), [1, 2]);
}
