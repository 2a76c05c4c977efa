//! The server over a real socket, as a client meets it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "program/command.rs"]
mod command;
#[path = "program/server.rs"]
mod server;

use std::{
    path::Path,
    process::{Command, Stdio},
};

use command::{command, write_csv};
use serde_json::Value;
use server::{STANDARD_ERROR, Server};

impl Server {
    fn problem(&self, method: &str, path: &str, status: u16) -> Value {
        let (found, head, body) = self.ask(method, path);
        assert_eq!(found, status, "{path}: {body}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        let problem = json(&body);
        assert!(problem["status"] == status && problem["detail"].is_string(), "{problem}");
        problem
    }
}

/// Returns the JSON in a body, which may come in one chunk with its length around it.
fn json(body: &str) -> Value {
    let (from, to) = (body.find('{').unwrap(), body.rfind('}').unwrap());
    serde_json::from_str(&body[from..=to]).unwrap()
}

fn with_prices(folder: &Path) {
    write_csv(&folder.join("AAPL.csv"), 450);
    assert!(command(folder).args(["import", "AAPL.csv"]).stdout(Stdio::null()).status().unwrap().success());
}

#[test]
fn a_client_finds_prices_forecasts_and_clear_problems() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let server = Server::start(folder.path());
    for path in ["/livez", "/readyz", "/health"] {
        assert_eq!(server.ask("GET", path).0, 200, "{path}");
    }
    assert_eq!(json(&server.ask("GET", "/health").2)["status"], "healthy");
    assert_eq!(json(&server.ask("GET", "/api/symbols").2)["symbols"][0]["has_model"], false);
    assert_eq!(json(&server.ask("GET", "/api/stocks/AAPL?days=5").2)["bars"].as_array().unwrap().len(), 5);

    let (status, _, body) = server.ask("GET", "/api/predictions/AAPL");
    let by_base = json(&body)["model"].clone();
    assert_eq!((status, &by_base["kind"], &by_base["version"]), (200, &"base".into(), &0.into()), "{body}");
    let no_model = server.problem("GET", "/api/predictions/AAPL?model=other", 404);
    assert!(no_model["detail"].as_str().unwrap().contains("closecast train AAPL"));
    let train = ["train", "AAPL", "--epochs", "1", "--hidden-size", "4", "--lookback", "10"];
    assert!(command(folder.path()).args(train).stdout(Stdio::null()).status().unwrap().success());
    let (status, head, body) = server.ask("GET", "/api/predictions/aapl");
    assert_eq!(status, 200, "a model trained meanwhile serves without a restart: {body}");
    assert!(head.contains("x-request-id") && head.contains("nosniff"), "{head}");
    assert_eq!((&json(&body)["model"]["kind"], &json(&body)["model"]["version"]), (&"specific".into(), &1.into()));
    assert!(json(&body)["interval"]["lower"].as_f64() < json(&body)["predicted_close"].as_f64());

    server.problem("GET", "/api/predictions/MSFT", 404);
    server.problem("GET", "/api/predictions/AAPL?model=other", 404);
    server.problem("GET", "/api/predictions/..%2Fetc", 422);
    server.problem("GET", "/api/stocks/AAPL?days=0", 422);
    assert!(server.problem("GET", "/api/stocks/AAPL?days=x", 422)["detail"].as_str().unwrap().contains("days"));
    for path in ["/api/predictions/%FF", "/api/stocks/%FF"] {
        assert!(server.problem("GET", path, 422)["detail"].as_str().unwrap().contains("symbol"), "{path}");
    }
    server.problem("GET", "/nowhere", 404);
    server.problem("POST", "/", 405);
    server.problem("DELETE", "/api/symbols", 405);
    assert!(server.ask("GET", "/").2.contains("<html"));
}

/// Standard error goes to a file as often as to a terminal, where colours are rubbish; in a new folder there is no log to prune.
#[test]
fn the_first_start_in_a_new_folder_logs_plain_text_without_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    assert_eq!(server.ask("GET", "/livez").0, 200);
    assert!(Command::new("kill").args(["-TERM", &server.process.id().to_string()]).status().unwrap().success());
    assert!(server.process.wait().unwrap().success());
    let log = std::fs::read_to_string(folder.path().join(STANDARD_ERROR)).unwrap();
    assert!(log.contains("finished processing request"), "{log}");
    assert!(!log.contains('\u{1b}') && !log.contains("log directory"), "{log:?}");
}

#[test]
fn a_signal_ends_it_with_success() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    assert_eq!(server.ask("GET", "/readyz").0, 200);
    let asked = Command::new("kill").args(["-TERM", &server.process.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert!(server.process.wait().unwrap().success());
}

/// A client that never ends its request must not keep the process alive: a second signal ends it at once.
#[test]
fn an_unfinished_request_does_not_keep_it_alive() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let mut lazy = server.connect();
    std::io::Write::write_all(&mut lazy, b"GET /health HTTP/1.1\r\nHost: x\r\n").unwrap();
    assert_eq!(server.ask("GET", "/livez").0, 200);
    let ask = |server: &Server| {
        assert!(Command::new("kill").args(["-TERM", &server.process.id().to_string()]).status().unwrap().success());
    };
    ask(&server);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(server.process.try_wait().unwrap().is_none(), "the first signal waits for the request in hand");
    ask(&server);
    assert!(server.process.wait().unwrap().success());
}
