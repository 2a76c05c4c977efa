//! The server over a real socket, as a client meets it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
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

impl Server {
    /// Asks until the answer is as wanted, for some seconds at most, and returns it: what another program changes is noticed soon,
    /// not at once.
    fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> (String, String) {
        let begun = std::time::Instant::now();
        loop {
            let (status, head, body) = self.ask("GET", path);
            assert_eq!(status, 200, "{body}");
            if wanted(&json(&body)) {
                return (head, body);
            }
            assert!(begun.elapsed().as_secs() < 10, "{body}");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
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
    let (head, body) = server.until("/api/predictions/aapl", |body| body["model"]["kind"] == "specific");
    for name in ["x-request-id", "x-process-time", "etag", "nosniff"] {
        assert!(head.contains(name), "{name}: {head}");
    }
    assert_eq!(json(&body)["model"]["version"], 1);
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

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
}

/// A client that has the forecast need not be sent it again, until there are new prices.
#[test]
fn a_forecast_is_sent_again_only_when_it_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let server = Server::start(folder.path());
    let (head, body) = server.until("/api/predictions/AAPL", |_| true);
    let etag = header(&head, "etag").to_owned();
    let (status, head, nothing) =
        server.ask_with("GET", "/api/predictions/AAPL", &format!("If-None-Match: {etag}\r\n"));
    assert_eq!((status, nothing.as_str()), (304, ""), "{head}");
    let (status, head, anew) = server.ask_with("GET", "/api/predictions/AAPL", "Cache-Control: no-cache\r\n");
    assert_eq!((status, header(&head, "etag")), (200, etag.as_str()));
    assert_eq!(json(&anew), json(&body), "made anew, it is the same");
    write_csv(&folder.path().join("AAPL.csv"), 470);
    assert!(command(folder.path()).args(["import", "AAPL.csv"]).stdout(Stdio::null()).status().unwrap().success());
    let as_of = json(&body)["as_of"].clone();
    let (head, _) = server.until("/api/predictions/AAPL", |body| body["as_of"] != as_of);
    assert_ne!(header(&head, "etag"), etag);

    // The close of the same evening, corrected.
    let etag = header(&head, "etag").to_owned();
    let prices = std::fs::read_to_string(folder.path().join("AAPL.csv")).unwrap();
    let (before, last) = prices.trim_end().rsplit_once('\n').unwrap();
    let fields: Vec<&str> = last.split(',').collect();
    let close = format!("{:.6}", 0.5 * (fields[2].parse::<f64>().unwrap() + fields[3].parse::<f64>().unwrap()));
    let corrected = [fields[0], fields[1], fields[2], fields[3], &close, &close, fields[6]].join(",");
    std::fs::write(folder.path().join("AAPL.csv"), format!("{before}\n{corrected}\n")).unwrap();
    let import = ["import", "AAPL.csv", "--replace"];
    assert!(command(folder.path()).args(import).stdout(Stdio::null()).status().unwrap().success());
    let close = close.parse::<f64>().unwrap();
    let (head, _) = server.until("/api/predictions/AAPL", |body| body["last_close"] == close);
    assert_ne!(header(&head, "etag"), etag, "another forecast of the same evening has another name");
}

#[test]
fn a_request_keeps_the_identifier_that_its_client_gave_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let given = |id: &str| {
        let (_, head, _) = server.ask_with("GET", "/livez", &format!("x-request-id: {id}\r\n"));
        header(&head, "x-request-id").to_owned()
    };
    assert_eq!(given("order-7"), "order-7");
    assert_ne!(given("\"quoted\""), "\"quoted\"");
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
    assert!(log.contains("waiting for jobs"), "{log}");
    let logs = folder.path().join("data/logs");
    let files = std::fs::read_dir(logs).unwrap().map(|entry| entry.unwrap().path());
    let access = files.into_iter().find(|path| path.to_str().unwrap().contains("access")).unwrap();
    let access = std::fs::read_to_string(access).unwrap();
    assert!(access.contains("\"path\":\"/livez\",\"status\":200"), "{access}");
    assert!(!log.contains('\u{1b}') && !log.contains("log directory"), "{log:?}");
}

#[test]
fn a_signal_ends_it_with_success() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    // A browser keeps one in store: nothing was asked on it, so that there is nothing to wait for.
    let _silent = server.connect();
    assert_eq!(server.ask("GET", "/readyz").0, 200);
    let asked = Command::new("kill").args(["-TERM", &server.process.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert!(server.process.wait().unwrap().success());
    let log = std::fs::read_to_string(folder.path().join(STANDARD_ERROR)).unwrap();
    assert!(!log.contains("have been cut"), "{log}");
}

/// A client that never ends its request must not keep the process alive: a second signal ends it at once.
#[test]
fn an_unfinished_request_does_not_keep_it_alive() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let mut lazy = server.connect();
    std::io::Write::write_all(&mut lazy, b"GET /health HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    assert_eq!(server.ask("GET", "/livez").0, 200);
    let ask = |server: &Server| {
        assert!(Command::new("kill").args(["-TERM", &server.process.id().to_string()]).status().unwrap().success());
    };
    ask(&server);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(server.process.try_wait().unwrap().is_none(), "the first signal waits for the request in hand");
    ask(&server);
    assert_eq!(server.process.wait().unwrap().code(), Some(130));
}

/// The program starts itself anew for that, as the same process.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn server_limits_the_arenas_of_its_allocator() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let environment = std::fs::read(format!("/proc/{}/environ", server.process.id())).unwrap();
    let arenas = environment.split(|&byte| byte == 0).find_map(|line| line.strip_prefix(b"MALLOC_ARENA_MAX="));
    assert!(arenas.is_some_and(|arenas| std::str::from_utf8(arenas).unwrap().parse::<usize>().unwrap() >= 2));
    assert_eq!(server.ask("GET", "/livez").0, 200);
}
