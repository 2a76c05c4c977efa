//! What a short request may cost the server.

use std::{fmt::Write as _, io::Write as _};

use serde_json::json;

use crate::usual::server_with_prices;

/// A name that came back in an answer would do so once for every symbol.
#[test]
fn the_name_of_a_model_is_short_wherever_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    for name in ["x".repeat(65), "x".repeat(900_000), "..".to_owned(), "a b".to_owned()] {
        let symbols = vec!["MSFT"; 500];
        for (path, body) in [
            ("/api/predictions/batch", json!({"symbols": symbols, "model": name})),
            ("/predict", json!({"symbol": "AAPL", "model_name": name})),
            ("/predict_b3", json!({"company": "Petrobras", "model": name})),
            ("/train", json!({"symbol": "AAPL", "model_name": name})),
        ] {
            let told = server.post(path, &body.to_string()).problem(422);
            assert!(told.starts_with("model") && told.contains(": must have 1 to 64"), "{path}: {told:.200}");
            assert!(told.len() < 300, "{path}: {} bytes", told.len());
        }
        let form = "multipart/form-data; boundary=B";
        let body = format!("--B\r\nContent-Disposition: form-data; name=\"model_name\"\r\n\r\n{name} \r\n--B--\r\n");
        let told = server.send("POST", "/predict", &[("Content-Type", form)], body.as_bytes()).problem(422);
        assert!(told.starts_with("model_name: must have"), "{told:.200}");
    }
    let long = "x".repeat(65);
    for path in [
        "/api/predictions/AAPL?model=",
        "/predict_b3?model=",
        "/api/ml-health/prediction-distribution/AAPL?model=",
        "/api/predictions/history?model=",
        "/api/runs?name=",
        "/api/models?name=",
    ] {
        let told = server.get(&format!("{path}{long}"), &[]).problem(422);
        assert!(told.contains(": must have 1 to 64"), "{path}: {told}");
    }
}

#[test]
fn files_are_received_beside_slow_ones_up_to_a_limit_and_none_has_more_days_than_a_window() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let csv = [("Content-Type", "text/csv")];
    let mut long = "Date,Close\n".to_owned();
    let first = chrono::NaiveDate::from_ymd_opt(1950, 1, 2).unwrap();
    first.iter_days().take(20_001).for_each(|day| writeln!(long, "{day},10").unwrap());
    let told = server.send("POST", "/predict", &csv, long.as_bytes()).problem(422);
    assert!(told.starts_with("file: ") && told.contains("20000"), "{told}");

    let begin = std::time::Instant::now();
    let mut slow = Vec::new();
    let refused = loop {
        let mut stream = server.connect();
        let head =
            "POST /predict HTTP/1.0\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nD";
        stream.write_all(head.as_bytes()).unwrap();
        slow.push(stream);
        let answer = server.send("POST", "/predict", &csv, b"Date,Close\n");
        if answer.status != 422 {
            break answer;
        }
        assert!(slow.len() <= 40, "so many files are received at the same time: {}", answer.text());
    };
    assert!(slow.len() >= 32, "{} files that do not arrive keep another one out", slow.len());
    assert!(refused.problem(503).contains("in a moment") && refused.head.contains("retry-after: "), "{}", refused.head);
    // Prices without a file need no such place, and who hangs up leaves his.
    assert_eq!(server.post("/predict", &json!({"symbol": "AAPL"}).to_string()).status, 200);
    drop(slow);
    while server.send("POST", "/predict", &csv, b"Date,Close\n").status == 503 {
        assert!(begin.elapsed().as_secs() < 20, "the places of who hung up are not free");
    }
}
