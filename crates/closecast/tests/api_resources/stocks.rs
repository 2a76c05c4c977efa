//! Stored prices.

use std::path::Path;

use serde_json::{Value, json};

use crate::{command::write_csv, server::Server, usual::run};

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
        ("end_date=1901-01-01", "no bar in the requested dates"),
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
    let etag = answer.header("etag").unwrap().to_owned();
    let unless_known = |path: &str| server.send("GET", path, &[("If-None-Match", &etag)], "");
    let again = unless_known("/api/stocks/AAPL");
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag.as_str())));
    assert_eq!(unless_known("/api/stocks/AAPL?days=3").status, 200);

    let csv = server.send("GET", "/api/stocks/AAPL", &[("Accept", "text/csv")], "");
    assert_eq!((csv.status, csv.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    assert!(csv.head.contains("vary: accept") && csv.header("etag") != Some(&etag));
    run(folder.path(), &["export", "AAPL", "--output", "exported.csv"]);
    assert_eq!(csv.text(), std::fs::read_to_string(folder.path().join("exported.csv")).unwrap());
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
        ("symbols=AAPL,AAPL", 422, "AAPL is given twice"),
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
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = server.get(answer.header("location").unwrap()).json();
    assert_eq!((&job["kind"], &job["payload"]["symbols"]), (&json!("refresh_bars"), &json!(["AAPL"])));
    server.refuses("POST", "/api/stocks/..%2Fetc/refresh", &Value::Null, 422, "symbol");
}

/// A price source that knows three days of KO, and says of all else that it does not know it.
async fn source() -> wiremock::MockServer {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers};
    let prices = [60.0, 60.5, 60.25];
    let known = json!({"chart": {"error": null, "result": [{
        "meta": {"currency": "USD", "symbol": "KO", "exchangeTimezoneName": "America/New_York", "gmtoffset": -18000},
        "timestamp": [1_717_421_400, 1_717_507_800, 1_717_594_200],
        "indicators": {
            "quote": [{"open": prices, "high": prices, "low": prices, "close": prices, "volume": [100, 100, 100]}],
            "adjclose": [{"adjclose": prices}],
        },
    }]}});
    let unknown = json!({"chart": {"result": null, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}});
    let server = MockServer::start().await;
    let of_ko = Mock::given(matchers::path("/v8/finance/chart/KO"));
    of_ko.respond_with(ResponseTemplate::new(200).set_body_json(known)).mount(&server).await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(404).set_body_json(unknown)).mount(&server).await;
    server
}

#[test]
fn missing_prices_are_fetched_for_those_who_may_where_that_is_wanted() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let source = runtime.block_on(source());
    let start = |settings: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("closecast.toml"), settings).unwrap();
        let mut program = crate::command::command(folder.path());
        program.env("CLOSECAST_YAHOO_URL", source.uri()).env("CLOSECAST_REQUESTS_PER_SECOND", "50");
        let server = Server::of(program, folder.path());
        (folder, server)
    };
    let (_unasked, server) = start("");
    server.refuses("GET", "/api/stocks/KO", &Value::Null, 404, "POST /api/stocks/KO/refresh");

    let (folder, server) = start("[server]\nfetch_missing = true\npublic_read = true\n");
    let from_elsewhere = server.send("GET", "/api/stocks/KO", &[("Origin", "https://elsewhere.example")], "");
    assert_eq!(from_elsewhere.status, 403, "the page of another site lets nothing be fetched");
    let before = runtime.block_on(source.received_requests()).unwrap().len();
    for site in ["same-site", "cross-site"] {
        let from_sibling = server.send("GET", "/api/stocks/KO", &[("Sec-Fetch-Site", site)], "");
        assert_eq!(from_sibling.status, 403, "{site}");
    }
    let after = runtime.block_on(source.received_requests()).unwrap().len();
    assert_eq!(before, after, "the price source was not asked");
    assert_eq!(server.get("/api/stocks/KO").json()["bars"].as_array().unwrap().len(), 3);
    server.refuses("GET", "/api/stocks/NOPE", &Value::Null, 404, "NOPE is unknown to the price source");
    server.refuses("POST", "/train", &json!({"symbol": "NOPE"}), 404, "NOPE is unknown to the price source");
    server.refuses("GET", "/api/predictions/KO", &Value::Null, 422, "KO has 3 usable sessions");
    let book = server.get("/api/audit").json()["acts"].to_string();
    assert!(book.contains("fetch missing") && book.contains("KO"), "{book}");
    run(folder.path(), &["keys", "create", "ana", "--role", "admin"]);
    while server.post("/train", &json!({"symbol": "NOPE"})).status != 401 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    server.refuses("GET", "/api/stocks/NOPE", &Value::Null, 404, "there are no prices of NOPE");
}

#[test]
fn an_address_with_a_slash_at_its_end_leads_to_the_one_without() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let led = server.get("/api/monitoring/?a=b");
    assert_eq!((led.status, led.header("location")), (308, Some("/api/monitoring?a=b")));
    for path in ["//elsewhere.example/", "/\\elsewhere.example/", "/nowhere", "/"] {
        let answer = server.get(path);
        assert!(answer.header("location").is_none(), "{path} leads to {:?}", answer.header("location"));
    }
}

#[test]
fn a_body_is_an_object_as_it_is_and_an_answer_comes_in_some_form() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.refuses("POST", "/api/keys", &json!(["eve", "admin"]), 422, "not an array");
    server.refuses("POST", "/api/keys", &json!({"name": "\u{202e}eve", "role": "admin"}), 422, "name: ");
    let compressed = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    assert_eq!(server.send("POST", "/predict", &compressed, "x").status, 415);
    assert_eq!(server.send("POST", "/train", &compressed, "x").status, 415);
    server.refuses("POST", "/predict?symbol=AAPL", &json!({ "values": [1.0] }), 422, "takes no parameters");
    for nothing in ["identity;q=0", "*;q=0", "identity;q=0, gzip;q=0"] {
        let answer = server.send("GET", "/livez", &[("Accept-Encoding", nothing)], "");
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "{nothing}");
    }
}
