//! What Prometheus reads, and how the server is doing.

use std::process::Stdio;

use serde_json::Value;

use crate::{
    command::command,
    forecasts::{self, Settled, with_settled},
    server::Server,
    with_prices,
};

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
