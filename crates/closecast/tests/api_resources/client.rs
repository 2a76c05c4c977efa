//! Requests with bodies, and answers as JSON.

use std::{
    io::{Read, Write},
    path::Path,
    process::Stdio,
};

use serde_json::Value;

use crate::{command::command, server::Server};

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Returns the body, which must be JSON and say so.
    pub(crate) fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/"), "{}", self.head);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Returns the text of a problem.
    pub(crate) fn detail(&self) -> String {
        assert!(self.head.contains("content-type: application/problem+json"), "{} {}", self.head, self.body);
        self.json()["detail"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }
}

impl Server {
    pub(crate) fn get(&self, path: &str) -> Answer {
        let (status, head, body) = self.ask("GET", path);
        Answer { status, head, body }
    }

    pub(crate) fn get_with(&self, path: &str, headers: &str) -> Answer {
        let (status, head, body) = self.ask_with("GET", path, headers);
        Answer { status, head, body }
    }

    /// Sends a body of JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, "application/json", body.to_string().as_bytes())
    }

    pub(crate) fn send(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let length = body.len();
        let address = stream.peer_addr().unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// Fails unless the request is answered by a problem of that status with these words in it.
    #[track_caller]
    pub(crate) fn refuses(&self, method: &str, path: &str, body: &Value, status: u16, words: &str) {
        let answer = if method == "GET" { self.get(path) } else { self.post(path, body) };
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.body);
        let detail = answer.detail();
        assert!(detail.contains(words), "{method} {path} {body}: {detail}");
    }
}

/// Runs the program in `folder`, and fails unless it succeeds.
#[track_caller]
pub(crate) fn run(folder: &Path, arguments: &[&str]) {
    let status = command(folder).args(arguments).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{arguments:?}");
}
