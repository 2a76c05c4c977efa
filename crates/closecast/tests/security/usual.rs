//! A folder with prices, keys to it, and requests with them.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use crate::{
    client::Answer,
    command::{command, write_csv},
    server::Server,
};

impl Server {
    /// Asks with a key.
    pub(crate) fn get(&self, path: &str, key: &str) -> Answer {
        self.send("GET", path, &[("Authorization", &format!("Bearer {key}"))], "")
    }

    /// Sends JSON with a key.
    pub(crate) fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        self.send("POST", path, &[("X-API-Key", key), ("Content-Type", "application/json")], body)
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
