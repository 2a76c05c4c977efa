//! `POST /predict` with a file of prices.

use std::fmt::Write as _;

use crate::{client::Answer, command::write_csv, server::Server, usual::server_with_prices};

const BOUNDARY: &str = "a-boundary";

/// Sends a form of parts: name, file name, content.
fn form(server: &Server, parts: &[(&str, Option<&str>, &str)]) -> Answer {
    let mut body = String::new();
    for (name, file_name, content) in parts {
        let file_name = file_name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"{file_name}");
        write!(body, "--{BOUNDARY}\r\n{disposition}\r\n\r\n{content}\r\n").unwrap();
    }
    write!(body, "--{BOUNDARY}--\r\n").unwrap();
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    server.send("POST", "/predict", &[("Content-Type", &content_type)], body.as_bytes())
}

fn csv(server: &Server, text: &str) -> Answer {
    server.send("POST", "/predict", &[("Content-Type", "text/csv; charset=utf-8")], text.as_bytes())
}

#[test]
fn a_file_is_forecast_and_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let path = folder.path().join("MSFT.csv");
    write_csv(&path, 200);
    let prices = std::fs::read_to_string(path).unwrap();
    let by_body = csv(&server, &prices);
    assert_eq!(by_body.status, 200, "{}", by_body.text());
    let by_body = by_body.json();
    assert!(by_body["symbol"].is_null() && by_body["interval"].is_object(), "{by_body}");
    let by_form = form(&server, &[("upload", Some("PETR4.SA_data.csv"), &prices)]).json();
    assert_eq!((&by_form["symbol"], &by_form["source"]), (&"PETR4.SA".into(), &"sent".into()));
    assert_eq!(by_form["last_close"], by_body["last_close"]);
    let named =
        form(&server, &[("symbol", None, "msft"), ("model", None, "BASE"), ("f", Some("x.csv"), &prices)]).json();
    assert_eq!((&named["symbol"], &named["interval"]), (&"MSFT".into(), &by_body["interval"]));
    // Another dialect: closes alone, semicolons and decimal commas, as spreadsheets in Brazil write them.
    let mut closes = "Data;Fechamento\n".to_owned();
    for line in prices.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        writeln!(closes, "{};{}", cells[0], cells[4].replace('.', ",")).unwrap();
    }
    let closes = csv(&server, &closes).json();
    assert_eq!((&closes["last_close"], &closes["interval"]), (&by_body["last_close"], &serde_json::Value::Null));
    let symbols = server.get("/api/symbols", &[]).json();
    assert_eq!(symbols["symbols"].as_array().unwrap().len(), 1, "{symbols}");
}

#[test]
fn a_file_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    for (text, told) in [
        ("", "file: the file is empty"),
        ("Date,Close\n", "file: the file has a header and no rows"),
        ("a,b\n1,2\n", "file: no header"),
        ("\u{0}\u{1}binary", "file: "),
        ("Date,Close\n2024-01-02,5\n2024-01-03,6\n", "file: has 2 prices, and a forecast needs 20 at least"),
        ("Date,Symbol,Close\n2024-01-02,A,5\n2024-01-02,B,6\n", "file: holds the prices of 2 symbols (A, B"),
    ] {
        let found = csv(&server, text).problem(422);
        assert!(found.starts_with(told), "{text}: {found}");
    }
    for (parts, told) in [
        (vec![], "file: the form has no file"),
        (vec![("symbol", None, "AAPL")], "file: the form has no file"),
        (vec![("file", Some(""), "")], "file: no file was chosen"),
        (vec![("a", Some("a.csv"), "x"), ("b", Some("b.csv"), "x")], "file: the form has several files"),
        (vec![("symbol", None, "../x"), ("b", Some("b.csv"), "x")], "symbol: "),
        (vec![("date_order", None, "x"), ("b", Some("b.csv"), "x")], "date_order: "),
    ] {
        let found = form(&server, &parts).problem(422);
        assert!(found.starts_with(told), "{found}");
    }
    let none = server.send("POST", "/predict", &[("Content-Type", "multipart/form-data")], b"x");
    assert!(none.problem(422).contains("boundary"));
    let short = server.send("POST", "/predict", &[("Content-Type", "multipart/form-data; boundary=x")], b"--x\r\nfoo");
    assert!((400..500).contains(&short.status), "{}", short.text());
}

/// Files have a limit of their own, above that of other bodies.
#[test]
fn a_file_may_be_larger_than_other_bodies_and_has_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("closecast.toml"), "[server.limits]\nbody = \"1 kB\"\nupload = \"20 kB\"\n")
        .unwrap();
    let server = server_with_prices(folder.path());
    let path = folder.path().join("MSFT.csv");
    write_csv(&path, 150);
    let prices = std::fs::read_to_string(&path).unwrap();
    assert!((2_000..20_000).contains(&prices.len()));
    assert_eq!(csv(&server, &prices).status, 200);
    assert_eq!(form(&server, &[("file", Some("MSFT.csv"), &prices)]).status, 200);
    let long = prices.repeat(3);
    csv(&server, &long).problem(413);
    form(&server, &[("file", Some("MSFT.csv"), &long)]).problem(413);
    server.post("/predict", &format!("[{}1]", "1,".repeat(600))).problem(413);
}
