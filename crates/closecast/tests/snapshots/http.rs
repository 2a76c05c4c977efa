//! The answers of the HTTP server.

use std::fmt::Write as _;

use crate::{KEPT, assert_unchanged, command::write_csv, output_of, server::Server, shape::shape, train_aapl};

const SIGNS_OF_LIFE: &[(&str, &str)] = &[("GET", "/health"), ("GET", "/livez"), ("GET", "/readyz")];

/// A request of every class that ends in an error.
const PROBLEMS: &[(&str, &str)] = &[
    ("GET", "/api/predictions/NOPE"),
    ("GET", "/api/predictions/MSFT"),
    ("GET", "/api/predictions/AAPL?model=other"),
    ("GET", "/api/predictions/..%2Fetc"),
    ("GET", "/api/predictions/%FF"),
    ("GET", "/api/predictions/AAPL?model=a&model=b"),
    ("GET", "/api/predictions/MSFT?model=AAPL"),
    ("GET", "/api/predictions/"),
    ("POST", "/api/predictions/AAPL"),
    ("GET", "/api/stocks/NOPE"),
    ("GET", "/api/stocks/%FF"),
    ("GET", "/api/stocks/AAPL?days=0"),
    ("GET", "/api/stocks/AAPL?days=x"),
    ("DELETE", "/api/symbols"),
    ("POST", "/"),
    ("GET", "/nowhere"),
];

/// What is the same everywhere in stored prices: all but the time of storing.
const STOCK: &[&str] = &["symbol", "currency", "exchange", "source", "stale", "quality_score", "bars"];

#[test]
fn answers_and_problems() {
    let folder = tempfile::tempdir().unwrap();
    train_aapl(folder.path());
    write_csv(&folder.path().join("MSFT.csv"), 30);
    output_of(folder.path(), &["import", "MSFT.csv"]);
    let server = Server::start(folder.path());
    assert_unchanged("http_health", &answers(&server, SIGNS_OF_LIFE));
    assert_unchanged("http_problems", &answers(&server, PROBLEMS));
    assert_unchanged("http_openapi", &description(&server));
    assert_unchanged("http_symbols", &answers(&server, &[("GET", "/api/symbols")]));
    assert_unchanged("http_stock", &shape_of(&server, "/api/stocks/AAPL?days=1", STOCK));
    assert_unchanged("http_forecast", &shape_of(&server, "/api/predictions/aapl", KEPT));
}

/// Returns the description of the interface, a line a value.
fn description(server: &Server) -> String {
    let (_, body) = answer(server, "GET", "/openapi.json");
    let (from, to) = (body.find('{').unwrap(), body.rfind('}').unwrap());
    let document: serde_json::Value = serde_json::from_str(&body[from..=to]).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    serde_json::to_string_pretty(&document).unwrap().replace(env!("CARGO_PKG_VERSION"), "<version>")
}

/// Returns the answers as sent, with the version of the program left out.
fn answers(server: &Server, requests: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (method, path) in requests {
        let (start, body) = answer(server, method, path);
        writeln!(text, "{start}{}\n", body.replace(env!("CARGO_PKG_VERSION"), "<version>")).unwrap();
    }
    text
}

fn shape_of(server: &Server, path: &str, kept: &[&str]) -> String {
    let (start, body) = answer(server, "GET", path);
    format!("{start}{}", shape(&body, kept))
}

/// Returns the request with the status and the headers that tell clients something, and the body.
fn answer(server: &Server, method: &str, path: &str) -> (String, String) {
    let (status, head, body) = server.ask(method, path);
    let told = head.lines().filter(|line| line.starts_with("content-type:") || line.starts_with("allow:"));
    let told: String = told.flat_map(|line| [line, "\n"]).collect();
    (format!("{method} {path}\n{status}\n{told}"), body)
}
