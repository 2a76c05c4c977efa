//! How programs end: in order at the first signal, at once at the second.

use std::time::Duration;

use serde_json::json;

use crate::{
    client::Asked,
    machines::{Fleet, Running, Server, until, until_within},
};

const SETTINGS: &str = "threads = 1\n[worker]\nlease_seconds = 4\n";

/// Time in which a second signal must have ended a program.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A training that nobody waits for the end of.
fn endless() -> serde_json::Value {
    json!({ "symbol": "FLEET1", "lookback": 60, "hidden_size": 128, "epochs": 10_000, "learning_rate": 1e-6 })
}

fn wait_until_trained(server: &Server, worker: &Running) -> String {
    let job = until("the worker trains", || server.training_of(worker));
    job["job_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_worker_that_is_told_to_end_gives_its_job_back_and_another_takes_it() {
    let Some(fleet) = Fleet::start("worker-end", SETTINGS) else { return };
    fleet.import(1, 500);
    let server = fleet.serve("replica", &["--no-worker"]);
    let mut first = fleet.worker("worker-1");
    let queued = server.queue(&endless());
    assert_eq!(wait_until_trained(&server, &first), queued);
    first.signal("TERM");
    assert!(first.wait().success());
    let job = server.job(&queued);
    assert_eq!((&job["status"], &job["attempt"]), (&json!("queued"), &json!(0)), "{job}");
    let runs = "SELECT state, error FROM runs ORDER BY id";
    assert_eq!(fleet.cluster.query(runs), ["cancelled|"]);

    let mut second = fleet.worker("worker-2");
    assert_eq!(wait_until_trained(&server, &second), queued);
    assert_eq!(server.job(&queued)["attempt"], 1);
    // Its job cannot be given back while the table is locked: only a second signal ends it now.
    let lock = fleet.cluster.lock("jobs");
    second.signal("TERM");
    std::thread::sleep(Duration::from_secs(1));
    assert!(second.ended().is_none(), "it waits for the database");
    second.signal("TERM");
    until_within(AT_ONCE, "the second signal ends the worker", || second.ended());
    drop(lock);

    let mut third = fleet.serve("replica-2", &[]);
    assert_eq!(
        wait_until_trained(&server, &third.running),
        queued,
        "the job is taken from a worker that ended at once"
    );
    assert_eq!(server.job(&queued)["attempt"], 2);
    let closed = fleet.cluster.query("SELECT state FROM runs ORDER BY id");
    assert!(closed[..2] == ["cancelled", "failed"] || closed[..2] == ["cancelled", "cancelled"], "{closed:?}");
    assert_eq!(closed[2..], ["running"]);
    third.running.signal("TERM");
    assert!(third.running.wait().success());
    let job = server.job(&queued);
    assert_eq!(
        (&job["status"], &job["attempt"]),
        (&json!("queued"), &json!(1)),
        "a server gives its job back too: {job}"
    );

    let fourth = fleet.worker("worker-4");
    assert_eq!(wait_until_trained(&server, &fourth), queued);
    assert_eq!(server.ask("POST", &format!("/api/jobs/{queued}/cancel"), "").status, 200);
    until("the job is cancelled", || (server.job(&queued)["status"] == "cancelled").then_some(()));
}

#[test]
fn a_server_that_is_told_to_end_answers_first_and_does_not_wait_at_the_second_signal() {
    let Some(fleet) = Fleet::start("server-end", SETTINGS) else { return };
    fleet.import(1, 450);
    let mut patient = fleet.serve("replica-1", &["--no-worker"]);
    let mut hasty = fleet.serve("replica-2", &["--no-worker"]);
    // A training cannot be queued while the table is locked.
    let lock = fleet.cluster.lock("jobs");
    let training = |seed: u32| json!({ "symbol": "FLEET1", "seed": seed }).to_string();
    let send = |server: &Server, seed| Asked::send(&server.address, "POST", "/train", &training(seed)).unwrap();
    let (slow, cut) = (send(&patient, 1), send(&hasty, 2));
    std::thread::sleep(Duration::from_millis(500));
    patient.running.signal("TERM");
    hasty.running.signal("TERM");
    until("no connection is taken any more", || Asked::send(&patient.address, "GET", "/livez", "").err());
    std::thread::sleep(Duration::from_millis(500));
    assert!(patient.running.ended().is_none() && hasty.running.ended().is_none(), "requests are in hand");
    hasty.running.signal("TERM");
    until_within(AT_ONCE, "the second signal ends the server", || hasty.running.ended());
    assert!(cut.answer().is_err(), "it did not wait");
    assert!(patient.running.ended().is_none());
    drop(lock);
    let accepted = slow.answer().unwrap().expect(202);
    assert!(patient.running.wait().success());
    let kept = format!("SELECT state FROM jobs WHERE id = '{}'", accepted["job_id"].as_str().unwrap());
    assert_eq!(fleet.cluster.query(&kept), ["queued"], "what was answered is kept");
}
