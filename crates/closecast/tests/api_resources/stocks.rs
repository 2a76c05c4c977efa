//! Stored prices.

use std::path::Path;

use serde_json::{Value, json};

use crate::{client::run, command::write_csv, server::Server};

/// Imports as many sessions of a symbol.
pub(crate) fn with_prices(folder: &Path, symbol: &str, days: usize) {
    write_csv(&folder.join("prices.csv"), days);
    run(folder, &["import", "prices.csv", "--symbol", symbol]);
}

fn dates(stock: &Value) -> Vec<String> {
    let bars = stock["bars"].as_array().unwrap();
    bars.iter().map(|bar| bar["date"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_history_is_cut_as_asked_and_has_the_current_price() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 700);
    let server = Server::start(folder.path());
    let whole = server.get("/api/stocks/aapl").json();
    let days = dates(&whole);
    assert_eq!(days.len(), 700);
    let price = &whole["current_price"];
    let close = |at: usize| whole["bars"][at]["close"].as_f64().unwrap();
    assert_eq!((price["price"].as_f64().unwrap(), &price["date"]), (close(699), &json!(days[699])));
    assert_eq!((price["previous_close"].as_f64().unwrap(), &price["previous_date"]), (close(698), &json!(days[698])));
    assert!((price["change"].as_f64().unwrap() - (close(699) - close(698))).abs() < 1e-9);

    let asked = |query: &str| dates(&server.get(&format!("/api/stocks/AAPL?{query}")).json());
    assert_eq!(asked("days=3"), days[697..]);
    assert_eq!(asked(&format!("start_date={}&end_date={}", days[10], days[12])), days[10..=12]);
    assert_eq!(asked(&format!("end_date={}&days=2", days[12])), days[11..=12]);
    assert_eq!(asked("period=max"), days);
    let lengths = ["1mo", "3mo", "6mo", "1y", "2y", "5y"].map(|period| asked(&format!("period={period}")).len());
    assert!(lengths.is_sorted() && (19..=23).contains(&lengths[0]) && lengths[5] == 700, "{lengths:?}");
    assert_eq!(server.get("/api/stocks/AAPL?days=1").json()["current_price"], *price, "whatever part is asked for");

    for (query, words) in [
        ("start_date=2020-01-02&end_date=2020-01-01", "start_date 2020-01-02 is after end_date 2020-01-01"),
        ("period=1mo&start_date=2020-01-02", "give one of them"),
        ("period=7mo", "period"),
        ("start_date=yesterday", "start_date"),
        ("end_date=1901-01-01", "no bar in the dates"),
        ("days=0", "days is 0"),
        ("refresh=true", "refresh"),
    ] {
        server.refuses("GET", &format!("/api/stocks/AAPL?{query}"), &Value::Null, 422, words);
    }
    server.refuses("GET", "/api/stocks/MSFT", &Value::Null, 404, "POST /api/stocks/MSFT/refresh");
}

#[test]
fn a_client_that_has_the_history_is_not_sent_it_again_and_csv_is_that_of_export() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 40);
    let server = Server::start(folder.path());
    let answer = server.get("/api/stocks/AAPL");
    let etag = answer.header("etag").to_owned();
    let again = server.get_with("/api/stocks/AAPL", &format!("If-None-Match: {etag}\r\n"));
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", etag.as_str()));
    assert_eq!(server.get_with("/api/stocks/AAPL?days=3", &format!("If-None-Match: {etag}\r\n")).status, 200);

    let csv = server.get_with("/api/stocks/AAPL", "Accept: text/csv\r\n");
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(csv.head.contains("vary: accept") && csv.header("etag") != etag);
    run(folder.path(), &["export", "AAPL", "--output", "exported.csv"]);
    assert_eq!(csv.body, std::fs::read_to_string(folder.path().join("exported.csv")).unwrap());
}

#[test]
fn popular_symbols_say_what_is_known_of_them() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 40);
    let server = Server::start(folder.path());
    let list = server.get("/api/stocks/popular/list").json();
    let stocks = list["stocks"].as_array().unwrap();
    let of = |symbol: &str| stocks.iter().find(|stock| stock["symbol"] == symbol).unwrap();
    let stock = server.get("/api/stocks/AAPL").json();
    assert_eq!((&of("AAPL")["name"], &of("AAPL")["has_prices"]), (&json!("Apple"), &json!(true)));
    assert_eq!(of("AAPL")["current_price"], stock["current_price"]);
    assert_eq!((&of("PETR4.SA")["exchange"], &of("PETR4.SA")["current_price"]), (&json!("b3"), &Value::Null));
    assert_eq!((&of("MSFT")["has_prices"], &of("MSFT")["has_model"]), (&json!(false), &json!(false)));
    assert_eq!(stocks.iter().filter(|stock| stock["exchange"] == "b3").count(), 10);
}

#[test]
fn symbols_are_set_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 60);
    with_prices(folder.path(), "MSFT", 50);
    let server = Server::start(folder.path());
    let compared = server.get("/api/stocks/compare?symbols=aapl,MSFT&base=1000").json();
    let [first, second] = [0, 1].map(|at| &compared["series"][at]);
    assert_eq!((&first["symbol"], &second["symbol"]), (&json!("AAPL"), &json!("MSFT")));
    assert_eq!((&first["values"][0], &first["dropped_sessions"]), (&json!(1000.0), &json!(10)));
    assert_eq!((compared["dates"].as_array().unwrap().len(), &second["dropped_sessions"]), (50, &json!(0)));
    // The same walk, the second stopped earlier.
    assert_eq!(first["total_return"], second["total_return"]);
    assert!((compared["correlations"][0][1].as_f64().unwrap() - 1.0).abs() < 1e-9);
    let range = format!("&start_date={}", compared["dates"][40].as_str().unwrap());
    let later = server.get(&format!("/api/stocks/compare?symbols=AAPL,MSFT{range}")).json();
    assert_eq!((later["dates"].as_array().unwrap().len(), &later["series"][0]["values"][0]), (10, &json!(100.0)));

    for (query, status, words) in [
        ("symbols=AAPL,NONE", 404, "no prices of NONE"),
        ("symbols=AAPL,AAPL", 422, "AAPL is there twice"),
        ("symbols=AAPL", 422, "2 to 20"),
        ("symbols=AAPL,", 422, "symbols"),
        ("", 422, "symbols"),
        ("symbols=AAPL,MSFT&base=0", 422, "base is 0"),
        ("symbols=AAPL,MSFT&base=NaN", 422, "base is NaN"),
        ("symbols=AAPL,MSFT&start_date=2030-01-01&end_date=2029-01-01", 422, "start_date"),
        ("symbols=AAPL,MSFT&start_date=2099-01-01", 422, "no bar"),
    ] {
        server.refuses("GET", &format!("/api/stocks/compare?{query}"), &Value::Null, status, words);
    }
    let many = vec!["AAPL"; 21].join(",");
    server.refuses("GET", &format!("/api/stocks/compare?symbols={many}"), &Value::Null, 422, "2 to 20");
    server.refuses("GET", "/api/stocks/COMPARE", &Value::Null, 404, "no prices of COMPARE");
}

#[test]
fn the_newest_closes_come_as_a_body_to_paste_and_a_refresh_is_a_job() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 70);
    let server = Server::start(folder.path());
    let payload = server.get("/api/test-payload?symbol=AAPL").json();
    run(folder.path(), &["export", "AAPL", "--test-json"]);
    let written = std::fs::read_to_string(folder.path().join("test_input.json")).unwrap();
    assert_eq!(payload, serde_json::from_str::<Value>(&written).unwrap());
    assert_eq!(server.get("/api/test-payload?symbol=AAPL&lookback=5").json()["values"].as_array().unwrap().len(), 5);
    server.refuses("GET", "/api/test-payload", &Value::Null, 422, "symbol");
    server.refuses("GET", "/api/test-payload?symbol=MSFT", &Value::Null, 404, "MSFT");
    server.refuses("GET", "/api/test-payload?symbol=AAPL&lookback=0", &Value::Null, 422, "lookback is 0");

    let answer = server.post("/api/stocks/AAPL/refresh", &Value::Null);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let job = server.get(answer.header("location")).json();
    assert_eq!((&job["kind"], &job["payload"]["symbols"]), (&json!("refresh_bars"), &json!(["AAPL"])));
    server.refuses("POST", "/api/stocks/..%2Fetc/refresh", &Value::Null, 422, "symbol");
}
