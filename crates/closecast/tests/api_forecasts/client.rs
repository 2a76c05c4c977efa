//! A client that sends bodies, and a server with the prices of a symbol.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    process::Stdio,
};

use serde_json::Value;

use crate::{
    command::{command, write_csv},
    server::Server,
};

/// Sessions that are stored of AAPL.
pub(crate) const STORED: usize = 450;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Returns the body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Returns the body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns what is wrong, as a problem of that status tells it.
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        let problem = self.json();
        assert_eq!(problem["status"], status, "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}

/// Returns a server in `folder` that has prices of AAPL.
pub(crate) fn server_with_prices(folder: &Path) -> Server {
    write_csv(&folder.join("AAPL.csv"), STORED);
    assert!(command(folder).args(["import", "AAPL.csv"]).stdout(Stdio::null()).status().unwrap().success());
    Server::start(folder)
}

impl Server {
    /// Sends a body.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let mut head = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n", body.len());
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        // A server that refuses a body does not read it to the end.
        let _may_break = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(b"\r\n"));
        let _may_break = stream.write_all(body);
        let mut answer = Vec::new();
        let _may_break = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("{path}: no answer"));
        let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: answer[end + 4..].to_vec() }
    }

    /// Sends JSON.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[("Content-Type", "application/json")], body.as_bytes())
    }

    /// Asks.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, b"")
    }
}
