//! The usual requests, and the program run beside the server.

use std::{path::Path, process::Stdio};

use serde_json::Value;

use crate::{client::Answer, command::command, server::Server};

impl Server {
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// Sends a body of JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as(path, "application/json", body.to_string())
    }

    /// Sends a body of that type.
    pub(crate) fn post_as(&self, path: &str, content_type: &str, body: impl AsRef<[u8]>) -> Answer {
        self.send("POST", path, &[("Content-Type", content_type)], body)
    }

    /// Fails unless the request is answered by a problem of that status with these words in it.
    #[track_caller]
    pub(crate) fn refuses(&self, method: &str, path: &str, body: &Value, status: u16, words: &str) {
        let answer = if method == "GET" { self.get(path) } else { self.post(path, body) };
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.text());
        let detail = answer.problem(status);
        assert!(detail.contains(words), "{method} {path} {body}: {detail}");
    }
}

/// Runs the program in `folder`, and fails unless it succeeds.
#[track_caller]
pub(crate) fn run(folder: &Path, arguments: &[&str]) {
    let status = command(folder).args(arguments).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{arguments:?}");
}
