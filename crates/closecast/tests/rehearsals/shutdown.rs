//! SIGTERM ends the program within its deadline, also while what it waits for hangs.

use std::{
    fs,
    io::{Read as _, Write as _},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    postgres::Cluster,
    server::{STANDARD_ERROR, Server},
    site::{Site, files, tell, wait_until},
};

/// Longest that a shutdown may take, with some seconds for a busy machine.
const LIMIT: Duration = Duration::from_secs(35);

/// Within this time after SIGTERM jobs are given back: sooner than requests in hand are cut.
const GIVEN_BACK: Duration = Duration::from_secs(8);

/// Sends SIGTERM to the server, waits for its end, and returns how long that took.
fn terminate(server: &mut Server) -> Duration {
    let begun = Instant::now();
    let pid = server.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let status = loop {
        if let Some(status) = server.process.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < LIMIT, "the server is alive {:?} after SIGTERM", begun.elapsed());
        thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
    tell(&format!("ended {:?} after SIGTERM", begun.elapsed()));
    begun.elapsed()
}

#[test]
fn server_ends_after_sigterm_when_postgresql_hangs() {
    let Some(cluster) = Cluster::start() else { return };
    let site = Site::with(&format!("database_url = \"{}\"\n", cluster.database("hangs")));
    let mut server = Server::start(&site.folder);
    let job = server.train_slowly();
    server.wait_for(&job, |job| job["status"] == "running");
    let key = site.succeeds(&["keys", "create", "ana"]);
    let ask = |path: &str| server.request_with("GET", path, &format!("X-API-Key: {}\r\n", key.trim()));
    wait_until("the server to ask for keys", || server.get("/api/symbols").status == 401);
    assert_eq!(ask("/api/monitoring").status, 200);
    let frozen = cluster.freeze();
    let ready = server.get("/readyz");
    assert!(ready.status == 503 && ready.took < Duration::from_secs(5), "{ready:?}");
    // Until then the key is remembered anyway.
    thread::sleep(Duration::from_secs(11));
    let monitoring = ask("/api/monitoring");
    assert!(monitoring.status == 200 && monitoring.took < Duration::from_secs(5), "{monitoring:?}");
    let monitoring = monitoring.json();
    assert!(monitoring["status"] == "degraded" && monitoring["jobs"].is_null(), "{monitoring:#}");
    assert_eq!(server.get("/api/monitoring").status, 401);
    terminate(&mut server);
    let log = fs::read_to_string(site.folder.join(STANDARD_ERROR)).unwrap();
    assert!(log.contains("a step of the shutdown took too long and was cut"), "{log}");
    drop(frozen);
    let shown = site.json(&["jobs", "show", &job]);
    assert!(shown["ended_at"].is_null(), "the job is not lost: {shown:#}");
}

/// A supervisor may kill a server that drains for long: by then its jobs are released.
#[test]
fn job_is_given_back_at_sigterm_while_a_request_is_in_hand() {
    let site = Site::new();
    let mut server = Server::start(&site.folder);
    let job = server.train_slowly();
    server.wait_for(&job, |job| job["status"] == "running");
    let mut waiting = server.connect();
    waiting.write_all(b"POST /train HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").unwrap();
    thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &server.process.id().to_string()]).status().unwrap().success());
    let shown = loop {
        let shown = site.json(&["jobs", "show", &job]);
        if shown["status"] != "running" {
            break shown;
        }
        assert!(begun.elapsed() < GIVEN_BACK, "{shown:#}");
        thread::sleep(Duration::from_millis(50));
    };
    assert!(shown["status"] == "queued" && shown["attempt"] == 0, "{shown:#}");
    assert!(server.process.try_wait().unwrap().is_none(), "it waits for the request in hand");
    server.kill();
}

#[test]
fn server_ends_after_sigterm_when_reading_an_artifact_blocks() {
    let site = Site::new();
    for artifact in files(&site.data().join("artifacts")) {
        fs::remove_file(&artifact).unwrap();
        assert!(Command::new("mkfifo").arg(&artifact).status().unwrap().success());
    }
    let mut server = Server::start(&site.folder);
    let mut waiting = server.connect();
    waiting.write_all(b"GET /api/predictions/AAPL HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    // A probe that has begun to ask before the signal, and ends after it.
    let mut probe = server.connect();
    probe.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    thread::sleep(Duration::from_millis(500));
    let probed = thread::spawn(move || {
        thread::sleep(Duration::from_secs(1));
        probe.write_all(b"\r\n").unwrap();
        let mut answer = String::new();
        probe.read_to_string(&mut answer).unwrap();
        answer
    });
    terminate(&mut server);
    let probed = probed.join().unwrap();
    assert!(probed.contains(" 503 ") && probed.contains("shutting down"), "{probed}");
}
