//! What the doctor mends in the database.

use std::process::{Command, Stdio};

use crate::{
    command::command,
    server::Server,
    site::{SMALL, Site, wait_until},
};

/// Changes the database as no program of ours would.
fn sql(site: &Site, statements: &str) {
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()";
    let file = site.data().join("closecast.db");
    let output = Command::new("python3").args(["-c", script]).arg(file).arg(statements).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn roles_of_missing_versions_and_names_without_a_champion_are_mended() {
    let site = Site::new();
    site.succeeds(&[&["train", "AAPL", "--seed", "7"], &SMALL[..]].concat());
    sql(
        &site,
        "UPDATE model_aliases SET version = 9 WHERE alias = 'champion'; DELETE FROM model_aliases WHERE alias = 'challenger'",
    );
    let seen = site.doctor(&[]);
    assert_eq!(seen.on("champion of AAPL")["status"], "error", "{seen:?}");
    assert_eq!(seen.0["healthy"], false);
    let mended = site.doctor(&["--repair"]);
    assert!(mended.0["healthy"] == true, "{mended:?}");
    let after = site.doctor(&[]);
    assert!(after.complaints().is_empty(), "{after:?}");
    assert_eq!(site.json(&["models", "show", "AAPL"])["model"]["version"], 2, "the newest serves");
}

#[test]
fn runs_whose_program_is_gone_are_closed_and_nothing_else_is() {
    let site = Site::new();
    let run = "INSERT INTO runs (id, name, kind, state, parameters, metrics, system, code_version, job_id, started_at) \
               SELECT id || 'x', name, kind, 'running', parameters, metrics, 'null', code_version, 'gone', started_at FROM runs";
    sql(&site, run);
    let seen = site.doctor(&[]);
    assert_eq!((seen.complaints().len(), &seen.0["healthy"]), (1, &true.into()), "{seen:?}");
    site.doctor(&["--repair"]);
    let after = site.doctor(&[]);
    assert!(after.complaints().is_empty(), "{after:?}");
    let runs = site.json(&["runs", "list"]);
    let states: Vec<_> = runs["runs"].as_array().unwrap().iter().map(|run| run["status"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == "failed").count(), 1, "{runs:#}");
}

#[test]
fn the_run_of_a_killed_command_is_closed() {
    let site = Site::new();
    let large = ["train", "AAPL", "--epochs", "60", "--hidden-size", "160", "--lookback", "60"];
    let mut training = command(&site.folder).args(large).stdout(Stdio::null()).spawn().unwrap();
    let runs = || site.json(&["runs", "list"])["runs"].as_array().unwrap().len();
    wait_until("the training to begin", || runs() == 2);
    let alive = site.doctor(&["--repair"]);
    assert!(alive.complaints().is_empty() && training.try_wait().unwrap().is_none(), "{alive:?}");
    training.kill().unwrap();
    training.wait().unwrap();
    let seen = site.doctor(&[]);
    let printed = seen.complaints()[0]["detail"].as_str().unwrap();
    assert!(seen.complaints().len() == 1 && printed.contains("its program ended without a word"), "{seen:?}");
    assert!(site.doctor(&["--repair"]).complaints().is_empty());
    assert_eq!(site.json(&["runs", "list"])["runs"][0]["status"], "failed");
    assert_eq!(site.versions(), [1]);
}

#[test]
fn forecasts_that_cannot_be_read_are_told() {
    let site = Site::new();
    sql(&site, "UPDATE forecasts SET quantiles = '[{'");
    let found = site.doctor(&["--repair"]);
    assert!(found.on("forecasts")["status"] == "error" && found.0["healthy"] == false, "{found:?}");
}

#[test]
fn a_job_whose_worker_is_gone_is_told_and_its_run_is_closed() {
    let site = Site::new();
    let server = Server::start(&site.folder);
    let job = server.train_slowly();
    let runs = || site.json(&["runs", "list"])["runs"].as_array().unwrap().len();
    wait_until("the training to begin", || runs() == 2);
    let alive = site.doctor(&["--repair"]);
    assert!(alive.complaints().is_empty(), "a worker that lives is let alone: {alive:?}");
    let job_now = server.wait_for(&job, |_| true);
    server.kill();
    if job_now["status"] != "running" {
        panic!("the training was too short for this test: {job_now:#}");
    }
    let seen = site.doctor(&[]);
    assert_eq!(seen.on(&format!("job {job}"))["status"], "warning", "{seen:?}");
    assert_eq!((seen.complaints().len(), &seen.0["healthy"]), (2, &true.into()), "{seen:?}");
    let mended = site.doctor(&["--repair"]);
    assert_eq!(mended.complaints().len(), 1, "the job is for another worker to take over: {mended:?}");
    let server = Server::start(&site.folder);
    server.request("POST", &format!("/api/jobs/{job}/cancel"), "");
    assert_eq!(server.wait_for(&job, |job| job["ended_at"].is_string())["status"], "cancelled");
}
