//! The health of models, what became of forecasts, and alerts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    command::command,
    forecasts::{Settled, settle_again, with_settled},
    server::Server,
    with_prices,
};

const COMPONENTS: [&str; 7] = [
    "data_quality",
    "data_freshness",
    "feature_drift",
    "error_against_naive",
    "bias",
    "interval_coverage",
    "model_age",
];

/// The others must be seen, just then.
#[test]
fn a_damaged_model_does_not_hide_the_health_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let train = ["train", "AAPL", "--epochs", "1", "--hidden-size", "4", "--lookback", "10"];
    assert!(command(folder.path()).args(train).status().unwrap().success());
    let mut folders = vec![folder.path().join("data/artifacts")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() { folders.push(entry) } else { std::fs::remove_file(entry).unwrap() }
        }
    }
    let server = Server::start(folder.path());
    for (path, list) in [("/api/ml-health/overview", "models"), ("/api/ml-health/drift-report", "reports")] {
        let entries = server.json(path)[list].to_string();
        assert!(entries.contains("missing or damaged") && entries.contains("closecast doctor"), "{path}: {entries}");
    }
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
