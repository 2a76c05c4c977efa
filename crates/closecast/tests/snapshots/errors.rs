//! What a person reads who gave a command wrongly, and the exit code that a script sees.

use std::{fmt::Write as _, path::Path};

use crate::{assert_unchanged, command::command};

/// Commands that go wrong in an empty installation.
const ARGUMENTS: &[&[&str]] = &[
    &[],
    &["trian", "AAPL"],
    &["trian", "AAPL", "--json"],
    &["predict"],
    &["predict", "--json"],
    &["predict", "../etc/passwd"],
    &["predict", "MSFT"],
    &["predict", "MSFT", "--json"],
    &["check-data", "MSFT"],
    &["export", "MSFT"],
    &["train", "MSFT"],
    &["train", "MSFT", "--start-date", "2024-13-01"],
    &["train", "MSFT", "--start-date", "2024-13-01", "--json"],
    &["train", "MSFT", "--start-date", "01/02/2024"],
    &["train", "MSFT", "--start-date", "2024-02-01", "--end-date", "2024-01-01"],
    &["train", "MSFT", "--lookback", "1"],
    &["train", "MSFT", "--lookback", "many"],
    &["train", "MSFT", "--learning-rate", "NaN"],
    &["fetch", "MSFT", "--start-date", "2024-02-01", "--end-date", "2024-01-01"],
    &["quickstart", "--no-serve", "--symbol", "TSLA"],
    &["models", "show", "MSFT"],
    &["train", "MSFT", "--arch", "best"],
    &["--", "--json"],
    &["serve", "--port", "99999"],
];

/// Files that are not prices.
const FILES: &[(&str, &[u8])] = &[
    ("empty.csv", b""),
    ("notes.csv", b"hello there\n"),
    ("header.csv", b"Date,Open,High,Low,Close,Volume\n"),
    ("noprices.csv", b"Date,Open,High,Low,Close,Volume\n2024-01-02,null,null,null,null,null\n"),
    ("error.csv", br#"{"chart":{"error":{"code":"Not Found","description":"No data found"}}}"#),
    ("page.csv", b"<!DOCTYPE html><html><body>Too many requests</body></html>"),
    ("report.csv", b"%PDF-1.4\n\x00\x01"),
    ("binary.csv", &[0, 159, 146, 150, 0, 1, 2]),
];

/// Settings files that are wrong.
const SETTINGS: &[&str] = &[
    "colour = 1\n",
    "log = \"warn\"\n\n[server]\nport = 80\ncolour = 1\n",
    "threads = \"two\"\n",
    "threads = -1\n",
    "threads = 2.0\n",
    "threads = 0\n",
    "data_dir = \n",
    "log = [\n",
    "log = 1\nlog = 2\n",
    "log = true\n",
    "server = 1\n",
    "server.port = 99999\n",
    "server.host = \"here\"\n",
];

#[test]
fn wrong_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let failures: String = ARGUMENTS.iter().map(|arguments| failure(folder.path(), arguments)).collect();
    assert_unchanged("errors_of_arguments", &failures);
}

#[test]
fn files_that_are_not_prices() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("folder.csv")).unwrap();
    for (name, content) in FILES {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let names = FILES.iter().map(|(name, _)| *name).chain(["folder.csv", "gone.csv"]);
    let failures: String = names.map(|name| failure(folder.path(), &["import", name, "--symbol", "AAPL"])).collect();
    assert_unchanged("errors_of_files", &failures);
}

#[test]
fn wrong_settings() {
    let folder = tempfile::tempdir().unwrap();
    let mut failures = String::new();
    for settings in SETTINGS {
        std::fs::write(folder.path().join("closecast.toml"), settings).unwrap();
        write!(failures, "closecast.toml: {settings:?}\n{}", failure(folder.path(), &["doctor"])).unwrap();
    }
    failures += &failure(folder.path(), &["doctor", "--config", "none.toml"]);
    assert_unchanged("errors_of_settings", &failures);
}

/// Returns the command with its exit code and message.
fn failure(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder).args(arguments).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty(), "{arguments:?} writes its error to standard output");
    assert!(!message.contains(folder.to_str().unwrap()), "a path of this machine is in {message}");
    let arguments: String = arguments.iter().flat_map(|argument| [" ", argument]).collect();
    format!("$ closecast{arguments}\nexit code {}\n{message}\n", output.status.code().unwrap())
}
