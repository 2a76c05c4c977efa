//! What happens while somebody works, in the order in which it happens.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::{
    client::{Client, assert_rising},
    command::{command, write_csv},
    server::Server,
};

fn post(server: &Server, path: &str, body: &Value) -> u16 {
    let body = body.to_string();
    let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    server.ask_with("POST", path, &head).0
}

/// Returns topic and state of each event, one that says the same as the one before left out.
fn told(events: &[Value]) -> Vec<(&str, &str)> {
    let state = |event: &Value| match event["topic"].as_str() {
        Some("jobs") => event["data"]["status"].as_str().unwrap().to_owned(),
        Some("health") => event["data"]["change"].as_str().unwrap().to_owned(),
        _ => String::new(),
    };
    let mut told: Vec<(&str, &str)> = Vec::new();
    for event in events {
        let state = state(event).leak();
        if told.last() != Some(&(event["topic"].as_str().unwrap(), state)) {
            told.push((event["topic"].as_str().unwrap(), state));
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_a_training_and_its_forecast_are_told_in_order_and_again_to_whoever_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let topics = json!(["forecasts", "jobs", "bars", "alerts", "health"]);
    let mut client =
        Client::subscribed(&server, json!({ "type": "subscribe", "topics": topics, "symbols": ["aapl"] })).await;
    let mut others =
        Client::subscribed(&server, json!({ "type": "subscribe", "data": ["bars"], "symbols": ["IBM"] })).await;

    write_csv(&folder.path().join("AAPL.csv"), 450);
    assert!(command(folder.path()).args(["import", "AAPL.csv"]).stdout(Stdio::null()).status().unwrap().success());
    let mut events = client.until(|event| event["topic"] == "bars").await;
    assert_eq!((&events[0]["symbol"], &events[0]["data"]["rows"]), (&json!("AAPL"), &json!(450)));

    let training = json!({ "symbol": "AAPL", "epochs": 2, "hidden_size": 4, "lookback": 10 });
    assert_eq!(post(&server, "/train", &training), 202);
    events.extend(client.until(|event| event["data"]["status"] == "succeeded").await);
    assert_eq!(server.ask("GET", "/api/predictions/AAPL").0, 200);
    assert_eq!(server.ask("GET", "/api/predictions/AAPL").0, 200, "asked twice, told once");
    events.extend(client.until(|event| event["topic"] == "forecasts").await);
    let expected = [
        ("bars", ""),
        ("jobs", "queued"),
        ("jobs", "running"),
        ("health", "published"),
        ("jobs", "succeeded"),
        ("forecasts", ""),
    ];
    assert_eq!(told(&events), expected);
    assert_rising(&events);
    let forecast = events.last().unwrap();
    assert_eq!(
        (&forecast["data"]["model"], &forecast["data"]["url"]),
        (&json!("AAPL"), &json!("/api/predictions/AAPL"))
    );
    assert!(forecast["data"]["sessions"][0]["predicted_close"].is_f64());

    let from = &events[1]["sequence"];
    let resume = json!({ "type": "subscribe", "topics": topics, "resume_from": from });
    let mut again = Client::subscribed(&server, resume).await;
    let last = events.last().unwrap()["sequence"].clone();
    assert_eq!(again.until(|event| event["sequence"] == last).await, events[2..]);

    others.say(json!({ "type": "ping" })).await;
    let pong = others.next().await;
    assert_eq!((&pong["type"], &pong["sequence"]), (&json!("pong"), &last), "it was told nothing about AAPL");
}
