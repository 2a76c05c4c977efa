//! A day on which everything goes wrong: workers are killed, the database crashes, and people want forecasts all the while.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    forecasts::{Asker, Told},
    machines::{Fleet, Running, Server, until, until_within},
};

const SYMBOLS: usize = 20;
const TRAININGS_PER_SYMBOL: u64 = 3;
const TRAININGS: usize = 60;

/// Time for all trainings.
const LONG: Duration = Duration::from_secs(600);

/// How long after the database is back a request may still be told that it was away: the time in which connections are made.
const AFTERMATH: Duration = Duration::from_secs(6);

/// How soon every replica serves a new champion.
const PROMOTION_HEARD: Duration = Duration::from_secs(5);

const SETTINGS: &str = "threads = 1\n[worker]\nlease_seconds = 4\n";

fn training(symbol: &str, seed: u64) -> Value {
    // So small a rate is never stopped early: each takes one to two seconds.
    json!({ "symbol": symbol, "seed": seed, "lookback": 60, "hidden_size": 64, "epochs": 16, "learning_rate": 1e-4 })
}

#[test]
fn nothing_is_lost_or_done_twice_when_workers_are_killed_and_the_database_crashes() {
    let Some(fleet) = Fleet::start("rehearsal", SETTINGS) else { return };
    let symbols = fleet.import(SYMBOLS, 500);
    let replicas = ["replica-1", "replica-2"].map(|name| fleet.serve(name, &["--no-worker"]));
    let workers = ["worker-1", "worker-2", "worker-3"].map(|name| fleet.worker(name));
    let clients = replicas.each_ref().map(|replica| Asker::start(&replica.address, &symbols));
    let trainings =
        symbols.iter().flat_map(|symbol| (1..=TRAININGS_PER_SYMBOL).map(move |seed| training(symbol, seed)));
    let jobs: Vec<String> =
        trainings.zip(replicas.iter().cycle()).map(|(training, replica)| replica.queue(&training)).collect();
    assert_eq!(jobs.len(), TRAININGS);

    let mut orphans = Vec::new();
    let [first, second, survivor] = workers;
    wait_for(&replicas[0], 6);
    orphans.push(kill_while_training(&replicas[1], first));
    wait_for(&replicas[1], 14);
    let crash = Instant::now();
    fleet.cluster.crash_and_restart();
    let back = Instant::now();
    wait_for(&replicas[0], 24);
    orphans.push(kill_while_training(&replicas[0], second));
    wait_for(&replicas[1], TRAININGS);
    no_job_is_left(&replicas[0]);
    all_listen_again(&fleet, replicas.len() + 1);

    every_training_succeeded_once(&fleet, &replicas[0], &orphans);
    replicas_serve_the_champions(&fleet, &replicas);
    promotions_are_heard_of(&fleet, &replicas, &symbols[0]);
    for told in clients.map(Asker::stop) {
        no_forecast_was_lost(&fleet, &told, (crash, back + AFTERMATH));
    }
    let checks = fleet.json(&["doctor"]);
    assert_eq!(checks["healthy"], true, "{checks}");
    let verified = checks["checks"].as_array().unwrap().iter();
    let verified = verified.filter(|check| check["name"].as_str().unwrap().starts_with("model ")).count();
    assert_eq!(verified, TRAININGS, "{checks}");
    drop(survivor);
}

/// Waits until so many trainings have succeeded.
fn wait_for(replica: &Server, trainings: usize) {
    let what = format!("{trainings} trainings succeed");
    until_within(LONG, &what, || {
        std::thread::sleep(Duration::from_millis(200));
        let answer = replica.ask("GET", "/api/jobs?limit=500&kind=train_model&status=succeeded", "");
        // The database may have been away just now.
        let ended = (answer.status != 503).then(|| answer.expect(200))?["jobs"].as_array()?.len();
        (ended >= trainings).then_some(())
    });
}

/// Kills a worker that has a job in hand and has begun to train; returns the job.
fn kill_while_training(replica: &Server, worker: Running) -> String {
    let job = until("a worker trains", || {
        // A stopped program neither ends its job nor begins another while it is looked at.
        worker.signal("STOP");
        let job = replica.training_of(&worker);
        if job.is_none() {
            worker.signal("CONT");
        }
        job
    });
    worker.signal("KILL");
    drop(worker);
    job["job_id"].as_str().unwrap().to_owned()
}

/// Waits for the comparisons that follow trainings.
fn no_job_is_left(replica: &Server) {
    until_within(LONG, "all jobs end", || {
        // In one question: between two a job that is taken over or begun would be in neither answer.
        replica.jobs("").iter().all(|job| job["ended_at"].is_string()).then_some(())
    });
    let comparisons = replica.jobs("kind=promote_model");
    let failed: Vec<_> = comparisons.iter().filter(|job| job["status"] != "succeeded").collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(comparisons.len(), TRAININGS - SYMBOLS, "every version but the first of a name is compared");
}

/// Whoever looks from time to time also notices, but later: each program that is left listens to the database again.
fn all_listen_again(fleet: &Fleet, programs: usize) {
    let listeners = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    until("all programs listen", || (fleet.cluster.query(listeners) == [programs.to_string()]).then_some(()));
}

fn every_training_succeeded_once(fleet: &Fleet, replica: &Server, orphans: &[String]) {
    let jobs = replica.jobs("kind=train_model");
    let unlucky: Vec<_> = jobs.iter().filter(|job| job["status"] != "succeeded").collect();
    assert!(jobs.len() == TRAININGS && unlucky.is_empty(), "{unlucky:?}");
    for orphan in orphans {
        let job = replica.job(orphan);
        assert!(job["attempt"].as_u64() >= Some(2), "it was begun again: {job}");
    }
    let query = |sql| fleet.cluster.query(sql);
    assert_eq!(query("SELECT count(*), count(DISTINCT (name, version)) FROM model_versions"), ["60|60"]);
    let of_one_run_of_the_job = query(
        "SELECT count(DISTINCT job.id) FROM jobs job \
         JOIN runs run ON run.job_id = job.id AND run.state = 'succeeded' \
         JOIN model_versions made ON made.run_id = run.id AND made.version = run.model_version AND made.name = run.name \
         WHERE job.kind = 'train_model' AND job.result::json->>'run_id' = run.id \
         AND job.result::json->>'sha256' = made.sha256 AND job.result::json->>'version' = made.version::text",
    );
    assert_eq!(of_one_run_of_the_job, ["60"]);
    assert_eq!(query("SELECT count(*) FROM runs WHERE state = 'succeeded'"), ["60"]);
    let left_open = query("SELECT id, job_id FROM runs WHERE state = 'running' OR ended_at IS NULL");
    assert!(left_open.is_empty(), "runs of killed workers are closed: {left_open:?}");
}

/// Returns the hashes of the models in service by name.
fn champions(fleet: &Fleet) -> Vec<(String, String)> {
    let models = fleet.json(&["models", "list"]);
    let models = models["models"].as_array().unwrap().iter().filter(|model| model["alias"] == "champion");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    models.map(|model| (text(&model["model"]["name"]), text(&model["model"]["sha256"]))).collect()
}

fn replicas_serve_the_champions(fleet: &Fleet, replicas: &[Server]) {
    let champions = champions(fleet);
    assert_eq!(champions.len(), SYMBOLS);
    until_within(PROMOTION_HEARD, "every replica serves the models in service", || {
        let serves = |replica: &Server, (name, sha256): &(String, String)| {
            replica.get(&format!("/api/predictions/{name}"))["model"]["sha256"] == **sha256
        };
        replicas.iter().all(|replica| champions.iter().all(|champion| serves(replica, champion))).then_some(())
    });
}

fn promotions_are_heard_of(fleet: &Fleet, replicas: &[Server], symbol: &str) {
    for version in 1..=TRAININGS_PER_SYMBOL {
        let number = version.to_string();
        let outcome =
            fleet.program("admin").args(["models", "promote", symbol, "--version", &number, "--force"]).output();
        let said = String::from_utf8(outcome.unwrap().stderr).unwrap();
        assert!(said.is_empty() || said.contains("in service already"), "{said}");
        let path = format!("/api/predictions/{symbol}");
        until_within(PROMOTION_HEARD, "a promotion is heard of", || {
            let serves = |replica: &Server| replica.get(&path)["model"]["version"] == version;
            replicas.iter().all(serves).then_some(())
        });
    }
}

fn no_forecast_was_lost(fleet: &Fleet, told: &Told, (crash, over): (Instant, Instant)) {
    let stored: std::collections::BTreeSet<String> =
        fleet.cluster.query("SELECT symbol, as_of, target_date, model_sha256 FROM forecasts").into_iter().collect();
    let lost: Vec<_> = told.forecasts.difference(&stored).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let unexpected = |(at, what): &&(Instant, String)| !(crash..=over).contains(at) || what != "503 with Retry-After";
    let unexpected: Vec<_> = told.others.iter().filter(unexpected).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}; the database was away from {crash:?} to {over:?}");
    assert!(told.forecasts.len() >= TRAININGS && told.questions >= 200, "{} questions", told.questions);
    println!(
        "{} questions, {} sessions, {} refused while the database was away",
        told.questions,
        told.forecasts.len(),
        told.others.len()
    );
}
