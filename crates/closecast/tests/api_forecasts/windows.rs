//! `POST /predict` with prices as JSON, or the symbol of stored ones.

use closecast_testkit::histories::random_walk;
use serde_json::{Value, json};

use crate::{
    client::Answer,
    command::command,
    server::Server,
    usual::{STORED, server_with_prices},
};

fn rows(days: usize) -> Vec<Value> {
    let history = random_walk("MSFT", days, 4);
    let row = |bar: &closecast_domain::Bar| json!({"Date": bar.date, "Open": bar.open, "High": bar.high, "Low": bar.low, "Close": bar.close, "Volume": bar.volume});
    history.bars().iter().map(row).collect()
}

fn closes(days: usize) -> Vec<f64> {
    random_walk("MSFT", days, 4).bars().iter().map(|bar| bar.close).collect()
}

fn predict(server: &Server, body: &Value) -> Answer {
    server.post("/predict", &body.to_string())
}

fn good(server: &Server, body: &Value) -> Value {
    let answer = predict(server, body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    for field in ["predicted_close", "prediction", "last_close"] {
        assert!(json[field].as_f64().unwrap() > 0.0, "{field}: {json}");
    }
    assert_eq!(json["prediction"], json["predicted_close"]);
    assert!(json["model"]["name"].is_string() && json["verdict"]["sentence"].is_string());
    json
}

#[test]
fn a_window_is_forecast_and_says_what_was_assumed() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let whole = good(&server, &json!({"data": rows(120)}));
    assert_eq!((&whole["symbol"], &whole["source"]), (&Value::Null, &"sent".into()));
    assert_eq!((&whole["model"]["name"], &whole["sessions_used"]), (&"BASE".into(), &120.into()));
    assert!(whole["interval"]["lower"].as_f64() < whole["predicted_close"].as_f64());
    assert_eq!(whole["quantiles"].as_array().unwrap().len(), 21);
    assert_eq!(whole["as_of"], rows(120)[119]["Date"]);

    for name in ["values", "prices", "data", "last_60_days", "historical_prices", "window", "input"] {
        let body = json!({name: closes(90), "symbol": "MSFT"});
        let json = good(&server, &body);
        assert_eq!((&json["symbol"], &json["last_close"]), (&"MSFT".into(), &closes(90)[89].into()), "{name}");
        // The spread rests on ranges, which closes do not tell: none is made up.
        assert!(json["interval"].is_null() && json["quantiles"].as_array().unwrap().is_empty());
        assert!(json["notes"].to_string().contains("Closes alone") && json["notes"].to_string().contains("No dates"));
    }
    assert_eq!(good(&server, &json!(closes(90)))["last_close"], closes(90)[89]);
    let columns: Vec<[f64; 1]> = closes(90).into_iter().map(|close| [close]).collect();
    assert_eq!(good(&server, &json!({ "data": columns }))["last_close"], closes(90)[89]);
    // The same prices in other units: a model of returns does not care.
    let cents: Vec<f64> = closes(90).iter().map(|close| close * 100.0).collect();
    let ratio = |json: &Value| json["predicted_close"].as_f64().unwrap() / json["last_close"].as_f64().unwrap();
    let (plain, cents) = (good(&server, &json!(closes(90))), good(&server, &json!(cents)));
    assert!((ratio(&plain) - ratio(&cents)).abs() < 1e-9);
    let kept = server.get("/api/predictions/history", &[]).json();
    assert_eq!(kept["forecasts"].as_array().unwrap().len(), 0, "nothing is stored");
}

#[test]
fn what_export_writes_is_taken_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let export = command(folder.path()).args(["export", "AAPL", "--test-json", "-o", "-"]).output().unwrap();
    let body: Value = serde_json::from_slice(&export.stdout).unwrap();
    let json = good(&server, &body);
    assert_eq!((&json["source"], &json["as_of"]), (&"stored".into(), &body["as_of"]));
    assert_eq!(json["sessions_used"], STORED);
    let stored = server.get("/api/predictions/AAPL", &[]).json();
    assert_eq!((&json["predicted_close"], &json["interval"]), (&stored["predicted_close"], &stored["interval"]));
    // Another close on the way: not the stored prices, and fewer than BASE looks at.
    let mut other = body.clone();
    other["values"][30] = json!(body["values"][30].as_f64().unwrap() * 1.001);
    let json = good(&server, &other);
    assert_eq!((&json["source"], &json["sessions_used"]), (&"sent".into(), &json!(60)));
}

#[test]
fn a_short_window_of_closes_is_answered_by_its_last_close() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    for days in [20, 60, 89, 90] {
        let values = closes(days);
        let json = good(&server, &json!({ "values": values }));
        let last = values.last().copied().unwrap();
        assert_eq!((&json["predicted_close"], &json["last_close"]), (&json!(last), &json!(last)), "{days}");
        assert_eq!((&json["interval"], &json["sessions_used"]), (&Value::Null, &json!(days)));
        let notes = json["notes"].to_string();
        assert_eq!(notes.contains("it is the last close"), days < 90, "{notes}");
        assert!(!notes.contains("repeat") && !notes.contains("calendar"), "only what was sent is judged: {notes}");
    }
    let told = predict(&server, &json!({"values": closes(19)})).problem(422);
    assert!(told.starts_with("values: has 19 prices, and a forecast needs 20 at least"), "{told}");
    // The usual model of a symbol looks within the day; where nobody asked for it, BASE answers.
    let json = good(&server, &json!({"values": closes(60), "symbol": "MSFT"}));
    assert_eq!(json["predicted_close"], json["last_close"], "{json}");
}

#[test]
fn stored_prices_are_forecast_by_symbol_and_model() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let json = good(&server, &json!({"symbol": "aapl", "lookback_days": 60}));
    assert_eq!(json["lookback"], json!({"asked": 60, "used": 30}));
    assert!(json["notes"][0].as_str().unwrap().contains("looks back 30 days"));
    let by_name = good(&server, &json!({"model_name": "BASE", "symbol": "AAPL"}));
    assert_eq!((&by_name["interval"], &by_name["source"]), (&json["interval"], &"stored".into()));
    for (body, status, told) in [
        (json!({"model_name": "other", "symbol": "AAPL", "lookback_days": 60}), 404, "no model \"other\""),
        (json!({"model_name": "../x", "symbol": "AAPL"}), 422, "model_name: "),
        (json!({"symbol": "MSFT"}), 404, "no prices of MSFT"),
        (json!({"symbol": "AAPL", "lookback_days": 0}), 422, "lookback_days"),
        (json!({"symbol": "A\0B"}), 422, "symbol"),
        (json!({"symbol": "AAPL", "model": "a\0b"}), 422, "model_name"),
    ] {
        let found = predict(&server, &body).problem(status);
        assert!(found.contains(told), "{body}: {found}");
    }
}

/// The window of older systems: 60 closes, and a network trained on closes.
#[test]
fn a_model_of_closes_needs_no_more_than_its_window() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let quick = ["--epochs", "1", "--hidden-size", "4"];
    let train = |more: &[&str]| {
        let train = command(folder.path()).args(["train", "AAPL"]).args(quick).args(more).output().unwrap();
        assert!(train.status.success(), "{train:?}");
    };
    train(&["--model-name", "closes", "--recipe", "min-max-prices", "--lookback", "60"]);
    train(&["--model-name", "ranges", "--lookback", "20"]);
    let closes: Vec<f64> = random_walk("AAPL", STORED, 9).bars()[STORED - 60..].iter().map(|bar| bar.close).collect();
    let json = good(&server, &json!({"values": closes, "model": "closes"}));
    assert_eq!((&json["model"]["name"], &json["sessions_used"]), (&"closes".into(), &60.into()));
    assert!(json["interval"].is_object());
    let told = predict(&server, &json!({"values": closes[1..], "model": "closes"})).problem(422);
    assert!(told.contains("has 59 usable sessions, but the model closes needs 60"), "{told}");
    let told = predict(&server, &json!({"values": closes, "model": "ranges"})).problem(422);
    assert!(told.starts_with("values: the model ranges looks at how far"), "{told}");
}

#[test]
fn a_bad_body_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let mut spoilt = rows(120);
    spoilt[7]["Close"] = json!(null);
    for (body, told) in [
        (json!({"values": closes(19)}).to_string(), "values: has 19 prices, and a forecast needs 20 at least"),
        (json!({"values": [1.0, 0.0]}).to_string(), "values[1]: is 0"),
        ("{\"values\": [1, NaN]}".to_owned(), "values[1]: is no finite number"),
        (json!({ "data": spoilt }).to_string(), "data[7].close: is no finite number"),
        (json!({"values": closes(90), "as_of": "2999-01-01"}).to_string(), "as_of: 2999-01-01 has not come yet"),
        ("{\"values\": [1".to_owned(), "body: "),
        (String::new(), "body: "),
    ] {
        let found = server.post("/predict", &body).problem(422);
        assert!(found.starts_with(told), "{body:.80}: {found}");
    }
    server.post("/predict", &json!({"values": closes(90), "model": "nobody"}).to_string()).problem(404);
    server.send("POST", "/predict", &[("Content-Type", "image/png")], b"x").problem(415);
    server.send("POST", "/predict", &[], b"x").problem(415);
    server.send("GET", "/predict", &[], b"").problem(405);
    let large = vec![b' '; 2_000_000];
    server.send("POST", "/predict", &[("Content-Type", "application/json")], &large).problem(413);
}

#[test]
fn a_batch_answers_each_symbol_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let body = json!({"symbols": ["MSFT", "AAPL", "../x", "aapl"]});
    let answer = server.post("/api/predictions/batch", &body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    assert_eq!((&json["succeeded"], &json["failed"]), (&2.into(), &2.into()));
    let statuses: Vec<&Value> = (0..4).map(|place| &json["results"][place]["error"]["status"]).collect();
    assert_eq!(statuses, [&json!(404), &Value::Null, &json!(422), &Value::Null]);
    assert_eq!(json["results"][1]["forecast"], json["results"][3]["forecast"]);
    assert_eq!(json["results"][1]["forecast"], server.get("/api/predictions/AAPL", &[]).json());
    assert!(json["results"][0]["error"]["detail"].as_str().unwrap().contains("no prices of MSFT"));
    let unknown = server.post("/api/predictions/batch", r#"{"symbols": ["AAPL"], "model": "other"}"#).json();
    assert_eq!(unknown["results"][0]["error"]["status"], 404);
    let many = json!({"symbols": vec!["AAPL"; 500]}).to_string();
    assert_eq!(server.post("/api/predictions/batch", &many).json()["succeeded"], 500);
    for (body, told) in [
        (json!({"symbols": []}), "symbols has 0 entries"),
        (json!({"symbols": vec!["AAPL"; 501]}), "symbols has 501 entries"),
        (json!({"symbols": "AAPL"}), "symbols: "),
        (json!({"symbols": ["AAPL"], "modle": "x"}), "modle: "),
    ] {
        let found = server.post("/api/predictions/batch", &body.to_string()).problem(422);
        assert!(found.contains(told), "{found}");
    }
}

/// What closes alone suffice for must not be refused because more is known of each day.
#[test]
fn days_that_are_too_few_for_an_interval_get_a_point() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    for body in [json!({ "values": rows(60) }), json!({ "values": rows(60), "symbol": "AAPL" })] {
        let json = good(&server, &body);
        assert_eq!((&json["model"]["name"], &json["sessions_used"]), (&"BASE".into(), &60.into()));
        assert_eq!((&json["predicted_close"], &json["interval"]), (&json["last_close"], &Value::Null));
        assert!(json["notes"].to_string().contains("So few sessions"), "{}", json["notes"]);
    }
    let mut spoilt = rows(31);
    for row in &mut spoilt[..3] {
        row["Close"] = json!(-1.0);
    }
    let lines: Vec<String> =
        spoilt.iter().map(|row| format!("{},{}", row["Date"].as_str().unwrap(), row["Close"])).collect();
    let file = format!("Date,Close\n{}\n", lines.join("\n"));
    let answer = server.send("POST", "/predict", &[("Content-Type", "text/csv")], file.as_bytes()).json();
    assert_eq!(answer["sessions_used"], 28, "{answer}");
    assert!(answer["notes"].to_string().contains("28 of 31 rows were used"), "{}", answer["notes"]);
    let few = predict(&server, &json!({ "values": rows(19) })).problem(422);
    assert!(few.contains("values: has 19 prices, and a forecast needs 20 at least"), "{few}");
    let huge = predict(&server, &json!({ "values": vec![1e300; 60] })).problem(422);
    assert!(huge.contains("values: no price in it can be used"), "{huge}");
}

/// Holidays among the days are many, and what was done to the last close must not be lost among them.
#[test]
fn what_was_done_to_the_newest_prices_is_told_first() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let first = chrono::NaiveDate::from_ymd_opt(2023, 1, 2).unwrap();
    let working = first.iter_days().filter(|day| chrono::Datelike::weekday(day).num_days_from_monday() < 5);
    let mut days = rows(260);
    for (row, day) in days.iter_mut().zip(working) {
        row["Date"] = json!(day);
    }
    let last = days.last_mut().unwrap();
    last["Close"] = json!(last["Close"].as_f64().unwrap() / 100.0);
    let json = good(&server, &json!({ "values": days }));
    let notes = json["notes"].as_array().unwrap();
    assert!(notes.len() > 6, "there is more to tell: {notes:?}");
    assert!(notes.iter().any(|note| note.as_str().unwrap().contains("multiplied by 100")), "{notes:?}");
}
