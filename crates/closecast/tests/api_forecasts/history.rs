//! `GET /api/predictions/history`.

use serde_json::Value;

use crate::usual::server_with_prices;

const PATH: &str = "/api/predictions/history";

#[test]
fn past_forecasts_come_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    assert_eq!(server.get(PATH, &[]).json(), serde_json::json!({"forecasts": [], "next": null}));
    assert_eq!(server.get("/api/predictions/AAPL", &[]).status, 200);
    let all = server.get(PATH, &[]);
    let all = all.json();
    let forecasts = all["forecasts"].as_array().unwrap();
    assert!(forecasts.len() == 5 && all["next"].is_null(), "{all}");
    assert!(forecasts.iter().all(|made| made["error"].is_null() && made["model"]["name"] == "BASE"));

    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("{PATH}?limit=2{cursor}"), &[]).json();
        pages.extend(page["forecasts"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(&pages, forecasts);
}

#[test]
fn filters_csv_and_tags() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    assert_eq!(server.get("/api/predictions/AAPL", &[]).status, 200);
    let count = |query: &str| server.get(&format!("{PATH}?{query}"), &[]).json()["forecasts"].as_array().unwrap().len();
    let today = server.get(PATH, &[]).json()["forecasts"][0]["made_at"].as_str().unwrap()[..10].to_owned();
    for (query, expected) in [
        ("symbol=aapl".to_owned(), 5),
        ("symbol=MSFT".to_owned(), 0),
        ("model=BASE".to_owned(), 5),
        ("model=AAPL".to_owned(), 0),
        (format!("from={today}&to={today}"), 5),
        ("to=2001-01-01".to_owned(), 0),
        ("from=2999-01-01".to_owned(), 0),
    ] {
        assert_eq!(count(&query), expected, "{query}");
    }
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "symbol=..%2F",
        "symbol=A%00",
        "model=a%00",
        "from=2024-02-30",
        "from=2024-01-02&to=2024-01-01",
        "from=%2B99999-01-01",
        "cursor=x",
        "cursor=%00",
        "symbl=AAPL",
    ] {
        server.get(&format!("{PATH}?{query}"), &[]).problem(422);
    }
    let csv = server.get(&format!("{PATH}?limit=2"), &[("Accept", "text/csv")]);
    assert!(csv.head.contains("content-type: text/csv") && csv.head.contains("x-next-cursor: "), "{}", csv.head);
    let lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
    assert!(lines.len() == 3 && lines[0].starts_with("symbol,model,"), "{lines:?}");
    assert!(lines.iter().all(|line| line.split(',').count() == lines[0].split(',').count()));

    let page = server.get(PATH, &[]);
    let etag = page.header("etag").unwrap().to_owned();
    let again = server.get(PATH, &[("If-None-Match", &etag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(server.get(PATH, &[("If-None-Match", "\"other\"")]).status, 200);
    assert_eq!(
        server.get("/api/predictions/HISTORY", &[]).json()["status"],
        Value::from(404),
        "a symbol, not the list"
    );
}
