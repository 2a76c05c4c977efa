//! What the program says to the outside, word for word: help, JSON, HTTP bodies and error messages. A change that is meant
//! is reviewed as a change of the files in `snapshots/`; CONTRIBUTING.md says how.
//!
//! Values that depend on the processor (whatever a trained network computes) or on the day stand there as their type.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
// Elsewhere the program is called closecast.exe, in the texts as well.
#![cfg(unix)]

#[path = "program/command.rs"]
mod command;
#[path = "snapshots/errors.rs"]
mod errors;
#[path = "snapshots/help.rs"]
mod help;
#[path = "snapshots/http.rs"]
mod http;
#[path = "snapshots/json.rs"]
mod json;
#[path = "program/server.rs"]
mod server;
#[path = "snapshots/shape.rs"]
mod shape;

use std::path::Path;

/// What is the same on every machine in the JSON of a forecast or a model: symbols, dates, levels, the description of the
/// model, and the errors of naive, which no network computes.
const KEPT: &[&str] = &[
    "symbol",
    "as_of",
    "target_date",
    "date",
    "last_close",
    "currency",
    "level",
    "naive",
    "stale",
    "features",
    "data_range",
    "model.name",
    "model.kind",
    "model.version",
    "model.architecture",
    "model.lookback",
    "model.horizon",
    "model.parameters",
    "model.seed",
    "model.trained_on",
    "model.interval_level",
    "network",
];

/// Fails when `text` is not what `snapshots/<name>.snap` holds.
fn assert_unchanged(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Returns what a command that succeeds writes to standard output.
fn output_of(folder: &Path, arguments: &[&str]) -> String {
    let output = command::command(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Stores prices of AAPL and trains a tiny model on them.
fn train_aapl(folder: &Path) {
    command::write_csv(&folder.join("AAPL.csv"), 450);
    output_of(folder, &["import", "AAPL.csv"]);
    output_of(folder, &["train", "AAPL", "--epochs", "1", "--hidden-size", "4", "--lookback", "10"]);
}
