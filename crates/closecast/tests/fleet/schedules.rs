//! Schedules on several machines.

use std::time::Duration;

use crate::machines::{Fleet, until, until_within};

const SETTINGS: &str = "
[[schedule]]
name = \"each-minute\"
job = \"settle_forecasts\"
cron = \"* * * * *\"
";

#[test]
fn a_firing_makes_one_job_however_many_machines_keep_the_schedule() {
    let Some(fleet) = Fleet::start("schedules", SETTINGS) else { return };
    let servers = ["replica-1", "replica-2"].map(|name| fleet.serve(name, &[]));
    let _worker = fleet.worker("worker");
    let firings =
        "SELECT count(*), count(DISTINCT due_at), count(DISTINCT job_id) FROM schedule_firings WHERE job_id <> ''";
    until_within(Duration::from_secs(90), "a minute begins", || {
        (fleet.cluster.query(firings) != ["0|0|0"]).then_some(())
    });
    // The others looked at the same moment.
    std::thread::sleep(Duration::from_secs(2));
    let (fired, jobs) = until("the jobs end", || {
        let jobs = servers[0].jobs("kind=settle_forecasts");
        let fired = fleet.cluster.query(firings);
        jobs.iter().all(|job| job["status"] == "succeeded").then_some((fired, jobs))
    });
    let count = jobs.len();
    assert_eq!(fired, [format!("{count}|{count}|{count}")]);
    assert!(jobs.iter().all(|job| job["requested_by"] == "schedule" && job["attempt"] == 1), "{jobs:?}");
}
