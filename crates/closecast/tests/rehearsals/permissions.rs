//! Who can read what the program writes.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use crate::{
    server::Server,
    site::{Site, make_old, wait_until},
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Returns the folder and all that is in it.
fn all(folder: &Path) -> Vec<std::path::PathBuf> {
    let inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = inside.flat_map(|path| if path.is_dir() { all(&path) } else { vec![path] });
    std::iter::once(folder.to_owned()).chain(below).collect()
}

#[test]
fn data_can_be_read_by_its_owner_alone_and_an_output_by_others() {
    let site = Site::new();
    let server = Server::start(&site.folder);
    wait_until("/readyz", || server.get("/readyz").status == 200);
    let made = all(&site.data());
    let names: Vec<_> = made.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    for expected in ["closecast.db", "closecast.db-wal", "closecast.db-shm", "migration.lock", "logs", "artifacts"] {
        assert!(names.iter().any(|name| name == expected), "{expected}: {names:?}");
    }
    assert!(names.iter().any(|name| name.starts_with("app.")), "{names:?}");
    for path in &made {
        assert_eq!(mode(path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
    let found = site.doctor(&[]);
    assert_eq!(found.on("permissions")["status"], "ok", "{found:?}");
    site.succeeds(&["export", "AAPL", "--output", "aapl.csv"]);
    assert_eq!(mode(&site.folder.join("aapl.csv")), mode(&site.folder.join("AAPL.csv")), "as the user's own mask says");
    site.succeeds(&["backup", "backup.tar.gz"]);
    assert_eq!(mode(&site.folder.join("backup.tar.gz")), 0o600);
}

#[test]
fn doctor_tightens_permissions_of_an_older_installation_and_removes_what_killed_programs_left() {
    let site = Site::new();
    let (data, database) = (site.data(), site.data().join("closecast.db"));
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
    let part = data.join(format!("b.tar.gz.{}.part", uuid::Uuid::now_v7().simple()));
    fs::write(&part, "x").unwrap();
    fs::set_permissions(&part, fs::Permissions::from_mode(0o600)).unwrap();
    make_old(&part);
    let seen = site.doctor(&[]);
    assert_eq!(seen.on("permissions")["status"], "warning", "{seen:?}");
    assert_eq!(seen.on("unfinished files")["status"], "warning", "{seen:?}");
    site.doctor(&["--repair"]);
    assert_eq!((mode(&data), mode(&database), part.exists()), (0o700, 0o600, false));
    let after = site.doctor(&[]);
    assert!(after.complaints().is_empty(), "{after:?}");
}

/// What `sudo closecast train` leaves in the folder of a service.
#[test]
fn doctor_names_what_does_not_belong_to_the_owner_of_the_data_folder() {
    use std::os::unix::fs::{MetadataExt as _, chown};

    let site = Site::new();
    if fs::metadata(site.data()).unwrap().uid() != 0 {
        return;
    }
    let database = site.data().join("closecast.db");
    let found = site.doctor(&[]);
    assert!(found.complaints().is_empty(), "{found:?}");
    chown(&database, Some(12_345), None).unwrap();
    let found = site.doctor(&[]);
    let owners = found.on("owners");
    assert_eq!(owners["status"], "warning", "{found:?}");
    assert!(owners["detail"].as_str().unwrap().contains("closecast.db"), "{found:?}");
    assert!(owners["remedy"].as_str().unwrap().contains("chown -hR 0:0"), "{found:?}");
}
