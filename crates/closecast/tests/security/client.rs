//! Requests with bodies and headers.

use std::{
    io::{Read, Write},
    path::Path,
    process::{Output, Stdio},
};

use serde_json::Value;

use crate::{
    command::{command, write_csv},
    server::Server,
};

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Returns the body, or what of it is JSON.
    pub(crate) fn json(&self) -> Value {
        let (from, to) = (self.body.find('{').unwrap(), self.body.rfind('}').unwrap());
        serde_json::from_str(&self.body[from..=to]).unwrap()
    }

    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Server {
    /// Sends a request as it stands, and returns the answer.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let mut stream = self.connect();
        let host = if headers.iter().any(|line| line.starts_with("Host:")) { "" } else { "Host: localhost\r\n" };
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{lines}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // One that is refused early is not read to its end.
        let _refused = stream.write_all(body.as_bytes());
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).unwrap_or("0").parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// Asks with a key.
    pub(crate) fn get(&self, path: &str, key: &str) -> Answer {
        self.send("GET", path, &[&format!("Authorization: Bearer {key}")], "")
    }

    /// Sends JSON with a key.
    pub(crate) fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        let key = format!("X-API-Key: {key}");
        self.send("POST", path, &[&key, "Content-Type: application/json"], body)
    }
}

/// Runs a command in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Makes a key.
pub(crate) fn key(folder: &Path, name: &str, role: &str) -> String {
    let output = run(folder, &["keys", "create", name, "--role", role]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Returns a folder with prices of AAPL, and with that settings file.
pub(crate) fn place(settings: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("closecast.toml"), settings).unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 450);
    assert!(run(folder.path(), &["import", "AAPL.csv"]).status.success());
    folder
}
