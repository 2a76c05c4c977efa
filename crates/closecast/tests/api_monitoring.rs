//! What the server tells of itself and of its models, over a real socket.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "program/command.rs"]
mod command;
#[path = "monitoring/exposition.rs"]
mod exposition;
#[path = "monitoring/forecasts.rs"]
mod forecasts;
#[path = "program/server.rs"]
mod server;

use std::{collections::BTreeSet, path::Path, process::Stdio};

use command::{command, write_csv};
use exposition::Figures;
use forecasts::{Settled, settle_again, with_settled};
use serde_json::Value;
use server::Server;

const COMPONENTS: [&str; 7] = [
    "data_quality",
    "data_freshness",
    "feature_drift",
    "error_against_naive",
    "bias",
    "interval_coverage",
    "model_age",
];

/// Returns the JSON in a body, which may come in chunks with their lengths around them.
fn json(body: &str) -> Value {
    let (from, to) = (body.find('{').unwrap(), body.rfind('}').unwrap());
    let text = &body[from..=to];
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn with_prices(folder: &Path) {
    write_csv(&folder.join("AAPL.csv"), 450);
    assert!(command(folder).args(["import", "AAPL.csv"]).stdout(Stdio::null()).status().unwrap().success());
}

impl Server {
    fn json(&self, path: &str) -> Value {
        let (status, head, body) = self.ask("GET", path);
        assert_eq!(status, 200, "{path}: {body}");
        assert!(head.contains("content-type: application/json"), "{head}");
        json(&body)
    }

    fn figures(&self, path: &str) -> Figures {
        let (status, head, body) = self.ask("GET", path);
        assert_eq!(status, 200, "{path}: {body}");
        assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
        Figures::read(&body)
    }

    fn problem(&self, path: &str, status: u16) -> String {
        let (found, head, body) = self.ask("GET", path);
        assert_eq!(found, status, "{path}: {body}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        json(&body)["detail"].as_str().unwrap().to_owned()
    }
}

#[test]
fn prometheus_reads_figures_that_grow_with_the_requests() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    with_settled(folder.path(), 30, &Settled::honest());
    let server = Server::start(folder.path());
    let before = server.figures("/metrics");
    for _ in 0..5 {
        assert_eq!(server.ask("GET", "/livez").0, 200);
    }
    for _ in 0..3 {
        assert_eq!(server.ask("GET", "/nowhere").0, 404);
    }
    assert_eq!(server.ask("BREW", "/livez").0, 405);
    for _ in 0..4 {
        assert_eq!(server.ask("GET", "/api/predictions/AAPL").0, 200);
    }
    let after = server.figures("/api/monitoring/metrics");
    let grown =
        |name: &str, labels: &[(&str, &str)]| after.get(name, labels) - before.value(name, labels).unwrap_or(0.0);
    // 5 signs of life, 4 forecasts, and the request for the figures before these.
    assert_eq!(grown("http_requests_total", &[("method", "GET"), ("status", "200")]), 10.0);
    assert_eq!(grown("http_requests_total", &[("method", "GET"), ("status", "404")]), 3.0);
    assert_eq!(grown("http_requests_total", &[("method", "OTHER"), ("status", "405")]), 1.0);
    assert_eq!(grown("http_request_duration_seconds_count", &[]), 14.0);
    assert_eq!(grown("http_request_duration_seconds_bucket", &[("le", "+Inf")]), 14.0);
    assert_eq!(grown("model_predictions_total", &[("symbol", "AAPL")]), 4.0);
    assert!(after.get("model_inference_duration_seconds_count", &[]) >= 1.0);
    assert!(after.get("closecast_cache_hits_total", &[("cache", "forecasts")]) >= 3.0);
    assert_eq!(after.get("closecast_cache_misses_total", &[("cache", "forecasts")]), 1.0);

    let last = forecasts::history(450).last().date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp();
    assert_eq!(after.get("closecast_data_last_bar_timestamp_seconds", &[("symbol", "AAPL")]), last as f64);
    let error = after.get("model_prediction_error_absolute", &[("symbol", "AAPL")]);
    let naive = after.get("closecast_naive_error_absolute", &[("symbol", "AAPL")]);
    let (newest, expected) = (forecasts::newest(&Settled::honest()), |close: f64, said: f64| (close - said).abs());
    assert!((error - expected(newest.close, newest.point)).abs() < 1e-9, "{error}");
    assert!((naive - expected(newest.close, newest.last_close)).abs() < 1e-9, "{naive}");
    for name in [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_open_fds",
        "closecast_queue_waiting",
        "closecast_queue_rejections_total",
        "closecast_websockets_open",
        "closecast_alerts_open",
    ] {
        assert!(after.value(name, &[]).is_some(), "{name}");
    }
    assert_eq!(after.get("closecast_requests_in_flight", &[]), 1.0, "this one");
    assert_eq!(
        (after.get("closecast_database_up", &[]), after.get("closecast_jobs", &[("state", "queued")])),
        (1.0, 0.0)
    );
    assert_eq!(server.figures("/api/v1/metrics/prometheus").families(), after.families());
}

#[test]
fn a_trained_model_shows_its_error_beside_naives() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let train = ["train", "AAPL", "--epochs", "1", "--hidden-size", "4", "--lookback", "10"];
    assert!(command(folder.path()).args(train).stdout(Stdio::null()).status().unwrap().success());
    let server = Server::start(folder.path());
    let figures = server.figures("/metrics");
    let labels = [("symbol", "AAPL"), ("model", "AAPL")];
    let forecast = server.json("/api/predictions/AAPL");
    let close = |ours: f64, theirs: &Value| assert!((ours - theirs.as_f64().unwrap()).abs() < 1e-9, "{ours} {theirs}");
    close(figures.get("model_mae", &labels), &forecast["metrics"]["test"]["mae"]);
    close(figures.get("closecast_naive_mae", &labels), &forecast["naive"]["test"]["mae"]);
    assert_eq!(figures.get("closecast_model_version", &[("model", "AAPL")]), 1.0);

    let drift = server.json("/api/ml-health/drift-report?symbol=aapl&days=40");
    let report = &drift["reports"][0];
    assert_eq!(
        (&drift["days"], &report["model"]["name"], &report["model"]["version"]),
        (&40.into(), &"AAPL".into(), &1.into())
    );
    assert_eq!(report["features"].as_array().unwrap().len(), 18);
    assert!(report["reference"].is_string() && report["reason"].is_null());
    for feature in report["features"].as_array().unwrap() {
        let number = |key: &str| feature[key].as_f64().unwrap();
        let shift = (number("mean") - number("reference_mean")) / number("reference_standard_deviation");
        assert!((shift - number("shift")).abs() < 1e-9, "{feature}");
        assert!((number("z") - shift * number("effective_days").sqrt()).abs() < 1e-9, "{feature}");
        assert!((1.0..=40.0).contains(&number("effective_days")) && number("adjusted_p_value") >= number("p_value"));
    }
}

#[test]
fn the_server_tells_how_it_is_doing() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let server = Server::start(folder.path());
    for _ in 0..3 {
        server.ask("GET", "/api/predictions/AAPL");
    }
    server.ask("GET", "/nowhere");
    let state = server.json("/api/monitoring");
    assert_eq!((&state["status"], &state["database_reachable"]), (&"healthy".into(), &true.into()), "{state}");
    assert_eq!((&state["requests"]["total"], &state["predictions"]), (&4.into(), &3.into()));
    assert_eq!(
        (&state["requests"]["by_status"]["200"], &state["requests"]["by_status"]["404"]),
        (&3.into(), &1.into())
    );
    assert_eq!(state["requests"]["error_rate"], 0.0);
    let latency = &state["requests"]["latency"];
    let seconds = |key: &str| latency[key].as_f64().unwrap();
    assert!(0.0 < seconds("p50") && seconds("p50") <= seconds("p95") && seconds("p95") <= seconds("p99"), "{latency}");
    assert!(seconds("mean") > 0.0);
    assert_eq!((&state["models"]["entries"], &state["forecasts"]["entries"]), (&1.into(), &1.into()));
    assert_eq!(state["jobs"]["queued"], 0);
    for key in ["memory", "disk"] {
        let room = &state["system"][key];
        let bytes = |key: &str| room[key].as_u64().unwrap();
        assert_eq!(bytes("total"), bytes("used") + bytes("available"), "{key}");
    }
    assert!(state["system"]["process_resident_bytes"].as_u64().unwrap() > 1 << 20, "{state}");
    assert!((0.0..=100.0).contains(&state["system"]["cpu_percent"].as_f64().unwrap()));
}

#[test]
fn health_is_the_weighted_mean_of_what_can_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let server = Server::start(folder.path());
    let health = server.json("/api/ml-health/health/aapl");
    assert_eq!((&health["symbol"], &health["model"]["name"]), (&"AAPL".into(), &"BASE".into()));
    let components = health["components"].as_array().unwrap();
    assert_eq!(components.iter().map(|c| c["component"].as_str().unwrap()).collect::<Vec<_>>(), COMPONENTS);
    let (mut weight, mut sum) = (0.0, 0.0);
    for component in components {
        assert!(!component["summary"].as_str().unwrap().is_empty(), "{component}");
        let unknown = component["status"] == "insufficient_data";
        assert_eq!(component["score"].is_null(), unknown, "{component}");
        if let Some(score) = component["score"].as_f64() {
            weight += component["weight"].as_f64().unwrap();
            sum += component["weight"].as_f64().unwrap() * score;
        }
    }
    for unsettled in &components[3..6] {
        assert_eq!(unsettled["status"], "insufficient_data", "nothing was forecast yet: {unsettled}");
    }
    assert_eq!(health["weight_judged"], weight);
    assert!((health["score"].as_f64().unwrap() - sum / weight).abs() < 1e-9);
    // The prices are years old.
    assert_eq!((&components[1]["status"], &health["status"]), (&"critical".into(), &"critical".into()));
    assert!(health["recommendations"][0].as_str().unwrap().contains("closecast fetch"), "{health}");

    let overview = server.json("/api/ml-health/overview");
    assert_eq!(overview["total"], 0, "nothing was forecast and nothing trained: {overview}");
    server.ask("GET", "/api/predictions/AAPL");
    let overview = server.json("/api/ml-health/overview?limit=5");
    assert_eq!((&overview["total"], &overview["models"][0]["symbol"]), (&1.into(), &"AAPL".into()));
    assert_eq!(overview["models"][0]["score"], health["score"]);
    assert_eq!(overview["by_status"]["critical"], 1);
    assert!(overview["models"][0]["findings"][0].as_str().unwrap().contains("sessions are not stored"));
    assert_eq!(server.json("/api/ml-health/overview?offset=1")["models"].as_array().unwrap().len(), 0);
    assert_eq!(server.json("/api/ml-health/drift-report")["reports"][0]["model"]["name"], "BASE");

    let quality = server.json("/api/ml-health/data-quality");
    assert_eq!((&quality["total"], &quality["symbols"][0]["rows_kept"]), (&1.into(), &450.into()), "{quality}");
    assert_eq!(
        quality["symbols"][0]["score"],
        server.json("/api/ml-health/data-quality?symbol=AAPL")["symbols"][0]["score"]
    );
    let none = server.json("/api/ml-health/prediction-distribution/AAPL");
    assert_eq!(
        (&none["status"], &none["days"], &none["errors"]),
        (&"insufficient_data".into(), &0.into(), &Value::Null)
    );
}

#[test]
fn settled_forecasts_are_judged_beside_naive() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    with_settled(folder.path(), 200, &Settled::honest());
    let server = Server::start(folder.path());
    let record = server.json("/api/ml-health/prediction-distribution/AAPL?days=150");
    assert_eq!((&record["days"], &record["status"]), (&150.into(), &"healthy".into()), "{record}");
    assert_eq!(record["errors"]["rel_mae_naive"], 1.0, "the points are naive's");
    assert_eq!(record["errors"]["mae"], record["naive"]["mae"]);
    let points = record["points"].as_array().unwrap();
    assert_eq!((points.len(), &points[149]["date"]), (150, &record["last_date"]));
    let counts: u64 = record["pit"]["counts"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counts, 150);
    assert!(record["pit"]["uniformity_p_value"].as_f64().is_some());
    let ninety = record["intervals"].as_array().unwrap().iter().find(|interval| interval["level"] == 0.9).unwrap();
    let share = ninety["inside"].as_f64().unwrap() / 150.0;
    assert!((ninety["share"].as_f64().unwrap() - share).abs() < 1e-12 && (0.8..1.0).contains(&share), "{ninety}");
    let (lower, upper) = (record["bias"]["lower"].as_f64().unwrap(), record["bias"]["upper"].as_f64().unwrap());
    assert!(lower < 0.0 && 0.0 < upper, "{record}");
    let health = server.json("/api/ml-health/health/AAPL");
    for component in &health["components"].as_array().unwrap()[3..6] {
        assert_eq!((&component["status"], &component["score"]), (&"healthy".into(), &100.0.into()), "{component}");
    }
}

#[test]
fn an_alert_is_raised_and_closed_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    with_settled(folder.path(), 60, &Settled::overconfident());
    let server = Server::start(folder.path());
    assert!(server.json("/api/alerts")["alerts"].as_array().unwrap().is_empty());
    settle_again(folder.path());
    let alerts = server.json("/api/alerts?open_only=true");
    let kinds = |alerts: &Value| -> BTreeSet<String> {
        alerts["alerts"].as_array().unwrap().iter().map(|alert| alert["kind"].as_str().unwrap().to_owned()).collect()
    };
    let expected = ["data_freshness", "interval_coverage"].map(str::to_owned);
    assert!(kinds(&alerts).is_superset(&BTreeSet::from(expected)), "{alerts}");
    let coverage = |alerts: &Value| -> Value {
        let found = alerts["alerts"].as_array().unwrap().iter().find(|alert| alert["kind"] == "interval_coverage");
        found.unwrap_or_else(|| panic!("{alerts}")).clone()
    };
    let alert = coverage(&alerts);
    assert_eq!((&alert["subject"], &alert["severity"]), (&"AAPL by BASE".into(), &"critical".into()));
    assert!(alert["value"].as_f64() >= alert["threshold"].as_f64() && alert["resolved_at"].is_null(), "{alert}");
    // Seen again it is the same one.
    settle_again(folder.path());
    assert_eq!(server.json("/api/alerts")["alerts"], alerts["alerts"]);
    assert_eq!(server.json("/api/alerts?limit=1")["alerts"].as_array().unwrap().len(), 1);

    with_settled(folder.path(), 350, &Settled::honest());
    settle_again(folder.path());
    assert!(!kinds(&server.json("/api/alerts?open_only=true")).contains("interval_coverage"));
    assert!(coverage(&server.json("/api/alerts"))["resolved_at"].is_string());
}

#[test]
fn what_is_asked_wrongly_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let server = Server::start(folder.path());
    let routes = [
        "/api/ml-health/health/",
        "/api/ml-health/prediction-distribution/",
        "/api/ml-health/drift-report?symbol=",
        "/api/ml-health/data-quality?symbol=",
    ];
    for route in routes {
        assert!(server.problem(&format!("{route}NOPE"), 404).contains("there are no prices of NOPE"), "{route}");
        assert!(server.problem(&format!("{route}..%2Fetc"), 422).contains("symbol"), "{route}");
        assert!(server.problem(&format!("{route}%00"), 422).contains("symbol"), "{route}");
    }
    for (path, named) in [
        ("/api/ml-health/drift-report?days=19", "days is 19, but must be from 20 to 252"),
        ("/api/ml-health/drift-report?days=253", "days is 253"),
        ("/api/ml-health/drift-report?limit=0", "limit is 0"),
        ("/api/ml-health/overview?limit=101", "limit is 101"),
        ("/api/ml-health/overview?offset=1000001", "offset"),
        ("/api/ml-health/overview?page=2", "page"),
        ("/api/ml-health/data-quality?limit=x", "limit"),
        ("/api/ml-health/prediction-distribution/AAPL?days=0", "days is 0"),
        ("/api/alerts?limit=501", "limit is 501"),
        ("/api/alerts?open_only=2", "open_only"),
    ] {
        let detail = server.problem(path, 422);
        assert!(detail.contains(named), "{path}: {detail}");
    }
    assert!(server.problem("/api/ml-health/prediction-distribution/AAPL?model=other", 404).contains("other"));
    assert!(server.problem("/api/ml-health/prediction-distribution/AAPL?model=%00", 404).contains("model"));
    let document = server.json("/openapi.json");
    for path in ["/metrics", "/api/monitoring", "/api/ml-health/overview", "/api/alerts"] {
        assert!(document["paths"][path]["get"]["responses"]["200"].is_object(), "{path}");
    }
}
