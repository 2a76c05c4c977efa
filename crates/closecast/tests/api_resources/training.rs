//! Trainings and other work that is asked for.

use serde_json::{Value, json};

use crate::{command::command, server::Server, stocks::with_prices};

/// A training that ends in a moment.
pub(crate) fn quick(symbol: &str) -> Value {
    json!({ "symbol": symbol, "epochs": 1, "hidden_size": 4, "lookback": 10 })
}

#[test]
fn a_training_can_be_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 450);
    let server = Server::start(folder.path());
    let answer = server.post("/train?wait=true&timeout=120", &quick("AAPL"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let job = answer.json();
    assert_eq!((&job["status"], &job["result"]["model_name"]), (&json!("succeeded"), &json!("AAPL")), "{job}");
    let run = server.get(&format!("/api/runs/{}", job["result"]["run_id"].as_str().unwrap())).json();
    assert_eq!((&run["status"], &run["symbol"], &run["kind"]), (&json!("succeeded"), &json!("AAPL"), &json!("train")));
    assert!(run["steps"].as_array().unwrap().iter().any(|step| step["key"] == "validation_loss"), "{run}");
    assert!(!run["log"].as_array().unwrap().is_empty() && run["metrics"]["naive"].is_object(), "{run}");

    for (body, words) in [
        (json!({ "symbol": "AAPL", "prediction_steps": 0 }), "prediction_steps is 0"),
        (json!({ "symbol": "AAPL", "prediction_steps": 61 }), "prediction_steps is 61"),
        (json!({ "symbol": "AAPL", "epochs": 0 }), "epochs is 0"),
        (json!({ "symbol": "AAPL", "model_name": "BASE" }), "model_name"),
        (json!({ "symbol": "AAPL", "model_name": "base" }), "model_name"),
        (json!({ "symbol": "AAPL", "model_name": "../x" }), "model_name"),
        (json!({ "symbol": "AAPL", "seed": 9_007_199_254_740_992_u64 }), "seed"),
        (json!({ "symbol": "AAPL", "start_date": "2020-01-02", "end_date": "2020-01-01" }), "start_date"),
        (json!({ "symbol": "AAPL", "colour": 1 }), "colour"),
        (json!({}), "symbol"),
    ] {
        server.refuses("POST", "/train", &body, 422, words);
    }
    server.refuses("POST", "/train", &json!({ "symbol": "MSFT" }), 404, "/api/stocks/MSFT/upload");
    server.refuses("POST", "/train?wait=true&timeout=0", &quick("AAPL"), 422, "timeout is 0");
    server.refuses("POST", "/train?wait=true&timeout=601", &quick("AAPL"), 422, "timeout is 601");
    server.refuses("POST", "/train?wait=perhaps", &quick("AAPL"), 422, "wait");
}

#[test]
fn no_more_trainings_wait_than_allowed_and_patience_ends() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 600);
    with_prices(folder.path(), "MSFT", 450);
    std::fs::write(folder.path().join("closecast.toml"), "[server.limits]\ntrainings = 1\n").unwrap();
    let server = Server::start(folder.path());
    let endless = json!({ "symbol": "AAPL", "epochs": 10_000, "hidden_size": 256, "learning_rate": 1e-9 });
    let answer = server.post("/train?wait=true&timeout=1", &endless);
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = answer.json();
    assert_eq!(job["already_there"], false);
    let again = server.post("/train", &endless);
    assert_eq!((again.status, &again.json()["job_id"]), (202, &job["job_id"]), "the same training needs no place");

    for (path, body) in [("/train", quick("MSFT")), ("/api/retrain", json!({}))] {
        let answer = server.post(path, &body);
        assert_eq!(answer.status, 429, "{path}: {}", answer.text());
        assert!(answer.problem(429).contains("server.limits.trainings") && answer.header("retry-after").is_some());
    }
    let shipped = server.post("/api/models/BASE/retrain", &Value::Null);
    assert!(shipped.problem(409).contains("ships with the program"), "{}", shipped.text());
    server.refuses("POST", "/api/models/BASE/rollback", &Value::Null, 409, "nothing to go back to");
    assert_eq!(server.post("/api/stocks/MSFT/refresh", &Value::Null).status, 202, "prices are no training");
    let cancel = format!("/api/jobs/{}/cancel", job["job_id"].as_str().unwrap());
    assert_eq!(server.post(&cancel, &Value::Null).status, 200);
    let begun = std::time::Instant::now();
    while server.post("/train", &quick("MSFT")).status == 429 {
        assert!(begun.elapsed().as_secs() < 60, "a place is free once the training has ended");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[test]
fn a_model_does_not_forecast_a_symbol_of_its_name_that_it_was_not_made_for() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 600);
    let server = Server::start(folder.path());
    let mut work = quick("AAPL");
    work["model_name"] = json!("MSFT");
    let trained = server.post("/train?wait=true&timeout=300", &work);
    assert_eq!(trained.status, 200, "{}", trained.text());
    with_prices(folder.path(), "MSFT", 450);
    let forecast = server.get("/api/predictions/MSFT").json();
    assert_eq!(
        (&forecast["model"]["name"], &forecast["model"]["symbol"]),
        (&json!("BASE"), &Value::Null),
        "{forecast}"
    );
    let named = server.get("/api/predictions/MSFT?model=MSFT").json();
    assert_eq!(
        (&named["model"]["name"], &named["model"]["symbol"]),
        (&json!("MSFT"), &json!("AAPL")),
        "whoever asks for it"
    );
    let known = server.get("/api/symbols").json()["symbols"].to_string();
    assert!(known.contains(r#""has_model":false"#) && !known.contains(r#""has_model":true"#), "{known}");
    server.refuses("GET", "/api/predictions/MSFT?modle=BASE", &Value::Null, 422, "modle");
    server.refuses("GET", "/api/symbols?limit=1", &Value::Null, 422, "limit");
}

#[test]
fn who_waits_for_a_training_is_answered_when_the_server_ends() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 600);
    let mut server = Server::start(folder.path());
    let endless = json!({ "symbol": "AAPL", "epochs": 10_000, "hidden_size": 256, "learning_rate": 1e-9 });
    let answer = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.post("/train?wait=true&timeout=600", &endless));
        while server.get("/api/jobs?status=running").json()["jobs"].as_array().unwrap().is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let id = server.process.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        waiting.join().unwrap()
    });
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert!(server.process.wait().unwrap().success());
}

/// A training of some hundred megabytes, where 64 MB are all that there is.
#[test]
fn training_is_held_to_the_memory_of_the_process_that_trains() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 450);
    std::fs::write(folder.path().join("closecast.toml"), "memory = \"64MB\"\n").unwrap();
    let large = json!({ "symbol": "AAPL", "hidden_size": 400, "layers": 4, "lookback": 30, "batch_size": 4096 });
    let works = Server::start(folder.path());
    works.refuses("POST", "/train", &large, 422, "MB of memory");
    drop(works);
    // The process that trains is another, with memory of its own.
    let mut command = command(folder.path());
    command.env("CLOSECAST_NO_WORKER", "true");
    let asks = Server::of(command, folder.path());
    let answer = asks.post("/train", &large);
    assert_eq!(answer.status, 202, "{}", answer.text());
    drop(asks);
    // Where that process has too little as well, the job says so.
    let works = Server::start(folder.path());
    let job = loop {
        let job = works.get(&format!("/api/jobs/{}", answer.json()["job_id"].as_str().unwrap())).json();
        match job["status"].as_str() {
            Some("queued" | "running") => std::thread::sleep(std::time::Duration::from_millis(100)),
            _ => break job,
        }
    };
    assert_eq!(job["status"], "failed", "{job}");
    assert!(job["error"].to_string().contains("MB of memory"), "{job}");
}
