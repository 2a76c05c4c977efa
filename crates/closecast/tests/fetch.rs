//! `fetch` against a server on this machine that answers as Yahoo's chart service does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::path::Path;

use assert_cmd::Command;
use chrono::{Days, NaiveTime};
use closecast_domain::{Clock, Exchange, SystemClock, TradingCalendar};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// Returns a chart of the sessions of the last months but the newest `missing`; the adjusted close is `factor` times the
/// close.
fn chart(factor: f64, missing: usize) -> Value {
    let today = SystemClock.now().date_naive();
    let calendar = TradingCalendar::new(Exchange::UnitedStates);
    let mut sessions: Vec<_> = calendar.sessions_between(today - Days::new(200), today - Days::new(1)).collect();
    sessions.truncate(sessions.len() - missing);
    let opening = NaiveTime::from_hms_opt(14, 30, 0).unwrap();
    let timestamps: Vec<i64> = sessions.iter().map(|date| date.and_time(opening).and_utc().timestamp()).collect();
    let prices: Vec<f64> = (0..sessions.len()).map(|day| 100.0 + day as f64 / 8.0).collect();
    let adjusted: Vec<f64> = prices.iter().map(|price| price * factor).collect();
    let volume = vec![1_000_000; sessions.len()];
    json!({"chart": {"error": null, "result": [{
        "meta": {"currency": "USD", "symbol": "AAPL", "exchangeTimezoneName": "America/New_York", "gmtoffset": -18000},
        "timestamp": timestamps,
        "indicators": {
            "quote": [{"open": prices, "high": prices, "low": prices, "close": prices, "volume": volume}],
            "adjclose": [{"adjclose": adjusted}],
        },
    }]}})
}

async fn yahoo(factor: f64, missing: usize) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(chart(factor, missing));
    Mock::given(matchers::path("/v8/finance/chart/AAPL")).respond_with(answer).mount(&server).await;
    server
}

/// Runs `fetch AAPL` and returns what it says of the symbol.
async fn fetch(folder: &Path, url: String) -> Value {
    fetch_with(folder, url, Vec::new()).await
}

async fn fetch_with(folder: &Path, url: String, more: Vec<String>) -> Value {
    let folder = folder.to_owned();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_closecast"));
        command.env_clear().current_dir(&folder).env("CLOSECAST_YAHOO_URL", url);
        command.args(["--data-dir", "data", "fetch", "AAPL", "--json"]).args(more);
        let output = command.assert().success().get_output().stdout.clone();
        serde_json::from_slice::<Value>(&output).unwrap()["symbols"][0].clone()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Returns the first days asked for, as Unix seconds, one a request.
async fn asked_from(server: &MockServer) -> Vec<i64> {
    let requests = server.received_requests().await.unwrap();
    let period = |request: &wiremock::Request| {
        request.url.query_pairs().find(|(name, _)| name == "period1").unwrap().1.parse().unwrap()
    };
    requests.iter().map(period).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_fetch_is_incremental_and_a_rewritten_past_is_fetched_whole() {
    let folder = tempfile::tempdir().unwrap();
    let early = yahoo(1.0, 3).await;
    let first = fetch(folder.path(), early.uri()).await;
    let rows = first["rows"].as_u64().unwrap();
    assert!(rows > 120 && first["added"] == rows && first["stale"] == false, "{first}");

    let later = yahoo(1.0, 0).await;
    let again = fetch(folder.path(), later.uri()).await;
    assert_eq!((&again["rows"], &again["added"]), (&json!(rows + 3), &json!(3)));
    let (whole, recent) = (asked_from(&early).await, asked_from(&later).await);
    assert!(whole.len() == 1 && recent.len() == 1 && recent[0] - whole[0] > 180 * 86_400, "{whole:?} {recent:?}");

    // A newer session is missing from the store again, and all adjusted closes have moved with a dividend.
    let shorter = yahoo(1.0, 3).await;
    let folder = tempfile::tempdir().unwrap();
    fetch(folder.path(), shorter.uri()).await;
    let after_dividend = yahoo(0.99, 0).await;
    let rewritten = fetch(folder.path(), after_dividend.uri()).await;
    assert_eq!((&rewritten["rows"], &rewritten["stale"]), (&json!(rows + 3), &json!(false)));
    let asked = asked_from(&after_dividend).await;
    assert!(asked.len() == 2 && asked[1] < asked[0], "the end first, then everything: {asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_or_a_shorter_answer_loses_nothing_that_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let source = yahoo(1.0, 0).await;
    let rows = fetch(folder.path(), source.uri()).await["rows"].as_u64().unwrap();
    let today = SystemClock.now().date_naive();
    let dates = |start: u64, end: u64| {
        let day = |back| (today - Days::new(back)).to_string();
        vec!["--start-date".to_owned(), day(start), "--end-date".to_owned(), day(end)]
    };
    // Inside what is stored: nothing to ask. Before it: everything up to the newest stored session.
    let asked = source.received_requests().await.unwrap().len();
    let inside = fetch_with(folder.path(), source.uri(), dates(100, 50)).await;
    assert_eq!((&inside["rows"], &inside["stale"]), (&json!(rows), &json!(false)));
    assert_eq!(source.received_requests().await.unwrap().len(), asked);
    let before = fetch_with(folder.path(), source.uri(), dates(900, 800)).await;
    assert_eq!(before["rows"], json!(rows));

    // A source that has lost a month may not take it from the store.
    let poor = yahoo(1.0, 25).await;
    let (path, url) = (folder.path().to_owned(), poor.uri());
    let start = dates(900, 0);
    let refused = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_closecast"));
        command.env_clear().current_dir(&path).env("CLOSECAST_YAHOO_URL", url);
        let failed = command.args(["--data-dir", "data", "fetch", "AAPL"]).args(start).assert().failure();
        String::from_utf8(failed.get_output().stderr.clone()).unwrap()
    };
    let message = tokio::task::spawn_blocking(refused).await.unwrap();
    assert!(message.contains("25 of the") && message.contains("nothing was changed"), "{message}");
    assert_eq!(fetch(folder.path(), source.uri()).await["rows"], json!(rows));
}
