//! Files that are sent.

use std::{fmt::Write as _, path::Path};

use serde_json::{Value, json};

use crate::{client::Answer, command::write_csv, server::Server};

const BOUNDARY: &str = "----a-line-that-no-file-has";

/// Returns a server that takes files of at most 40 KB.
fn server(folder: &Path) -> Server {
    std::fs::write(folder.join("closecast.toml"), "[server.limits]\nupload = \"40KB\"\n").unwrap();
    Server::start(folder)
}

/// Returns a clean file of `days` sessions in Yahoo's layout.
fn yahoo(folder: &Path, days: usize) -> String {
    let path = folder.join("made.csv");
    write_csv(&path, days);
    std::fs::read_to_string(path).unwrap()
}

fn form(parts: &[(&str, Option<&str>, &str)]) -> (String, Vec<u8>) {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        write!(body, "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
            .unwrap();
    }
    write!(body, "--{BOUNDARY}--\r\n").unwrap();
    (format!("multipart/form-data; boundary={BOUNDARY}"), body.into_bytes())
}

fn send_form(server: &Server, path: &str, parts: &[(&str, Option<&str>, &str)]) -> Answer {
    let (content_type, body) = form(parts);
    server.post_as(path, &content_type, &body)
}

#[test]
fn files_of_several_dialects_are_taken_as_a_body_or_in_a_form() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let file = yahoo(folder.path(), 30);
    let answer = server.post_as("/api/stocks/AAPL/upload", "text/csv", file.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let brought = &answer.json()["series"][0];
    assert_eq!(
        (&brought["symbol"], &brought["rows"], &brought["replaced"]),
        (&json!("AAPL"), &json!(30), &Value::Null)
    );
    assert_eq!(brought["report"]["score"], 100.0);
    assert_eq!(server.get("/api/stocks/AAPL").json()["bars"].as_array().unwrap().len(), 30);

    // The name of the file says the symbol, whatever else it says.
    let answer = send_form(&server, "/api/stocks/upload", &[("file", Some("MSFT_data.csv"), &file)]);
    assert_eq!((answer.status, &answer.json()["series"][0]["symbol"]), (200, &json!("MSFT")), "{}", answer.text());
    let answer = send_form(&server, "/api/stocks/IBM/upload", &[("file", Some("../../etc/passwd"), &file)]);
    assert_eq!((answer.status, &answer.json()["series"][0]["symbol"]), (200, &json!("IBM")), "{}", answer.text());

    let dialects = [
        (
            "KO",
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\nKO.US,D,20240102,000000,59,60,58.5,59.8,1000,0\nKO.US,D,20240103,000000,59.8,60.1,59.2,59.9,1100,0\n",
        ),
        (
            "VALE3.SA",
            "\"Data\",\"Último\",\"Abertura\",\"Máxima\",\"Mínima\",\"Vol.\",\"Var%\"\n\"03.01.2024\",\"76,50\",\"76,00\",\"77,00\",\"75,50\",\"20,5M\",\"0,66%\"\n\"02.01.2024\",\"76,00\",\"75,00\",\"76,40\",\"74,90\",\"21M\",\"0,10%\"\n",
        ),
        ("DIS", "date;close\n2024-01-02;90.5\n2024-01-03;91\n2024-01-03;91\n"),
    ];
    for (symbol, content) in dialects {
        let answer = server.post_as(
            &format!("/api/stocks/upload?symbol={symbol}"),
            "text/csv; charset=utf-8",
            content.as_bytes(),
        );
        assert_eq!(answer.status, 200, "{symbol}: {}", answer.text());
        let brought = &answer.json()["series"][0];
        assert_eq!((&brought["symbol"], &brought["rows"]), (&json!(symbol), &json!(2)));
        assert_eq!(brought["last_date"], "2024-01-03", "{symbol}");
        for defect in brought["report"]["defects"].as_array().unwrap() {
            assert!(!defect["action"].as_str().unwrap().is_empty(), "{defect}");
        }
    }
    let left = std::fs::read_dir(folder.path().join("data")).unwrap().map(|entry| entry.unwrap().file_name());
    let known = ["artifacts", "closecast.db", "closecast.db-shm", "closecast.db-wal", "logs", "migration.lock"];
    let left: Vec<_> = left.filter(|name| !known.iter().any(|known| name == known)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn forecasts_are_set_beside_the_closes_of_a_file_as_soon_as_it_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let [early, late] = [400, 405].map(|days| yahoo(folder.path(), days));
    let server = server(folder.path());
    assert_eq!(server.post_as("/api/stocks/KO/upload", "text/csv", early).status, 200);
    assert_eq!(server.get("/api/predictions/KO").status, 200);
    let history = || server.get("/api/predictions/history?symbol=KO").json()["forecasts"].clone();
    let settled = |forecasts: &serde_json::Value| {
        forecasts.as_array().unwrap().iter().filter(|forecast| forecast["realised_close"].is_number()).count()
    };
    let before = history();
    assert!(!before.as_array().unwrap().is_empty() && settled(&before) == 0, "{before}");
    assert_eq!(server.post_as("/api/stocks/KO/upload", "text/csv", late).status, 200);
    let after = history();
    assert!(settled(&after) > 0, "{after}");
}

/// Rows without a price, or of a day that has not come, are no days that a later file must have.
#[test]
fn a_file_with_rows_that_do_not_count_can_be_sent_twice_and_is_not_ahead_of_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let whole = yahoo(folder.path(), 100);
    let last = whole.lines().last().unwrap().split(',').next().unwrap().to_owned();
    let server = server(folder.path());
    let rows = [
        "2099-01-05,1,1,1,1,1,1",
        "2098-01-06,null,null,null,null,null,null",
        "1990-01-02,null,null,null,null,null,null",
    ];
    for row in rows {
        let file = format!("{whole}\n{row}\n").replace("\n\n", "\n");
        for _ in 0..2 {
            let answer = server.post_as("/api/stocks/KO/upload", "text/csv", &file);
            assert_eq!(answer.status, 200, "{row}: {}", answer.text());
        }
        let known = server.get("/api/symbols").json()["symbols"][0].clone();
        assert_eq!(known["last_date"], json!(last), "{known}");
    }
    assert_eq!(server.post_as("/api/stocks/KO/upload", "text/csv", &whole).status, 200);
    let shorter = yahoo(folder.path(), 99);
    assert_eq!(server.post_as("/api/stocks/KO/upload", "text/csv", shorter).status, 409);
}

#[test]
fn what_is_no_file_of_prices_is_refused_with_the_reason_and_nothing_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let file = yahoo(folder.path(), 30);
    let cases: &[(&str, &str, &[u8], u16, &str)] = &[
        ("/api/stocks/AAPL/upload", "text/csv", b"PK\x03\x04\x14\0\0\0", 422, "ZIP"),
        ("/api/stocks/AAPL/upload", "text/csv", b"\x1f\x8b\x08\0\0\0\0\0", 422, "gzip"),
        ("/api/stocks/AAPL/upload", "text/csv", b"\x7fELF\x02\x01\x01\0\0\0", 422, "binary"),
        ("/api/stocks/AAPL/upload", "text/csv", b"", 422, "empty"),
        ("/api/stocks/AAPL/upload", "text/csv", b"Date,Close\n", 422, "no rows"),
        ("/api/stocks/AAPL/upload", "text/csv", b"hello world\n", 422, "no header"),
        ("/api/stocks/upload", "text/csv", file.as_bytes(), 422, "?symbol=AAPL"),
        ("/api/stocks/upload?symbol=..", "text/csv", file.as_bytes(), 422, "symbol"),
        ("/api/stocks/upload?colour=red", "text/csv", file.as_bytes(), 422, "colour"),
        (
            "/api/stocks/AAPL/upload",
            "application/x-www-form-urlencoded",
            file.as_bytes(),
            415,
            "Content-Type: text/csv",
        ),
        ("/api/stocks/AAPL/upload", "application/json", b"{}", 415, "Content-Type: text/csv"),
        ("/api/stocks/AAPL/upload", "multipart/form-data", b"", 400, "oundary"),
        ("/api/stocks/AAPL/upload", "multipart/form-data; boundary=x", b"--y\r\n", 400, "form"),
        ("/api/stocks/%FF/upload", "text/csv", file.as_bytes(), 422, "symbol"),
        ("/api/stocks/AAPL/upload", "text/csv", b"Date,Close\n03/04/2020,1\n", 422, "?date_order=day-first"),
    ];
    for (path, content_type, body, status, words) in cases {
        let answer = server.post_as(path, content_type, body);
        assert_eq!(answer.status, *status, "{path} {content_type} {body:?}: {}", answer.text());
        assert!(
            answer.problem(answer.status).contains(words),
            "{path} {content_type}: {}",
            answer.problem(answer.status)
        );
    }
    for (parts, words) in [
        (&[][..], "no file"),
        (&[("symbol", None, "AAPL"), ("file", Some("a.csv"), file.as_str())][..], "symbol"),
        (&[("file", Some("a.csv"), file.as_str()), ("file", Some("b.csv"), file.as_str())][..], "one at a time"),
    ] {
        let answer = send_form(&server, "/api/stocks/AAPL/upload", parts);
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.problem(answer.status).contains(words), "{}", answer.problem(answer.status));
    }
    assert_eq!(server.get("/api/symbols").json()["symbols"], json!([]));
    let ordered = b"Date,Close\n03/04/2020,1\n";
    assert_eq!(server.post_as("/api/stocks/AAPL/upload?date_order=day-first", "text/csv", ordered).status, 200);
}

#[test]
fn a_file_that_is_too_large_is_refused_and_one_that_loses_days_needs_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let (long, short) = (yahoo(folder.path(), 60), yahoo(folder.path(), 30));
    for size in [40_001, 79_000, 200_000] {
        let large = format!("{long}{}", "\n".repeat(size - long.len()));
        for (content_type, body) in
            [("text/csv".to_owned(), large.clone().into_bytes()), form(&[("file", Some("a.csv"), &large)])]
        {
            let answer = server.post_as("/api/stocks/AAPL/upload", &content_type, &body);
            assert_eq!(answer.status, 413, "{size} {content_type}: {}", answer.text());
            assert!(
                answer.problem(answer.status).contains("more than 40000 bytes"),
                "{}",
                answer.problem(answer.status)
            );
        }
    }
    assert_eq!(server.ask("GET", "/api/stocks/AAPL").0, 404);
    let just_fits = format!("{long}{}", "\n".repeat(40_000 - long.len()));
    assert_eq!(server.post_as("/api/stocks/AAPL/upload", "text/csv", just_fits.as_bytes()).status, 200);

    let answer = server.post_as("/api/stocks/AAPL/upload", "text/csv", short.as_bytes());
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert!(answer.problem(answer.status).contains("?replace=true"), "{}", answer.problem(answer.status));
    assert_eq!(server.get("/api/stocks/AAPL").json()["bars"].as_array().unwrap().len(), 60);
    let answer = server.post_as("/api/stocks/AAPL/upload?replace=true", "text/csv", short.as_bytes());
    assert_eq!(
        (answer.status, &answer.json()["series"][0]["replaced"]["rows"]),
        (200, &json!(60)),
        "{}",
        answer.text()
    );
    assert_eq!(server.get("/api/stocks/AAPL").json()["bars"].as_array().unwrap().len(), 30);
}
