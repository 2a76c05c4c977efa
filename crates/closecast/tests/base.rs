//! The model of all symbols, as a user meets it: it forecasts what has no model of its own, is trained over files and stored
//! symbols, and fine-tuned for one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "program/command.rs"]
mod command;

use std::path::Path;

use assert_cmd::Command;
use command::write_csv;
use serde_json::Value;

/// Arguments for a network that is trained within a second.
const SMALL: [&str; 8] = ["--epochs", "1", "--hidden-size", "3", "--lookback", "5", "--horizon", "2"];

fn closecast(folder: &Path) -> Command {
    Command::from_std(command::command(folder))
}

fn json(command: &mut Command) -> Value {
    let output = command.arg("--json").assert().success().get_output().stdout.clone();
    serde_json::from_slice(&output).unwrap()
}

fn text(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// Asserts the exit code and one line on standard error that contains `part`.
fn refused(command: &mut Command, code: i32, part: &str) {
    let output = command.assert().code(code).get_output().clone();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(part) && text.trim_end().lines().count() == 1, "{text}");
    assert!(output.stdout.is_empty());
}

/// Stores prices of AAPL.
fn with_prices(days: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), days);
    closecast(folder.path()).args(["import", "AAPL.csv"]).assert().success();
    folder
}

#[test]
fn a_symbol_without_a_model_is_forecast_by_the_one_that_ships() {
    let folder = with_prices(200);
    let forecast = json(closecast(folder.path()).args(["predict", "AAPL"]));
    let model = &forecast["model"];
    assert_eq!((&model["name"], &model["kind"], &model["version"]), (&"BASE".into(), &"base".into(), &0.into()));
    assert!(model["created_at"].is_null() && forecast["metrics"].is_null());
    assert_eq!(forecast["predicted_close"], forecast["last_close"], "it knows no direction");
    assert_eq!(forecast["verdict"]["code"], "spread_only");
    let interval = &forecast["interval"];
    assert!(interval["lower"].as_f64() < forecast["last_close"].as_f64() && interval["level"] == 0.9);
    assert!(model["interval_coverage"].as_f64().unwrap() > 0.8);
    let told = text(closecast(folder.path()).args(["predict", "AAPL"]));
    assert!(told.contains("Made by BASE, as shipped, the model of all symbols: AAPL has none of its own"), "{told}");
    assert!(told.contains("closecast train AAPL") && told.contains("not which way"), "{told}");
    let named = json(closecast(folder.path()).args(["predict", "AAPL", "--model", "BASE"]));
    assert_eq!(named["sessions"], forecast["sessions"]);
}

#[test]
fn what_cannot_be_forecast_is_told_in_one_line() {
    let folder = with_prices(60);
    refused(closecast(folder.path()).args(["predict", "AAPL", "--model", "NOPE"]), 1, "there is no model \"NOPE\"");
    refused(closecast(folder.path()).args(["predict", "AAPL"]), 1, "60");
    refused(closecast(folder.path()).args(["predict", "MSFT"]), 1, "closecast fetch MSFT");
}

#[test]
fn base_is_trained_over_files_published_and_written() {
    let folder = with_prices(260);
    std::fs::create_dir(folder.path().join("prices")).unwrap();
    for index in 0..9 {
        write_csv(&folder.path().join(format!("prices/S{index}.csv")), 260 - index);
    }
    let train = ["train", "--base", "--data", "prices", "--artifact-out", "base.safetensors", "--sources", "made up"];
    let trained = json(closecast(folder.path()).args(train).args(SMALL));
    assert_eq!((&trained["model"]["name"], &trained["model"]["version"]), (&"BASE".into(), &1.into()));
    assert_eq!((&trained["model"]["kind"], &trained["symbol"]), (&"base".into(), &Value::Null));
    let published = trained["model"]["sha256"].as_str().unwrap();
    let written = std::fs::read(folder.path().join("base.safetensors")).unwrap();
    let blobs = walk(&folder.path().join("data")).into_iter().filter(|path| path.to_string_lossy().contains(published));
    let blob = blobs.map(|path| std::fs::read(path).unwrap()).next().unwrap();
    assert_eq!(written, blob);
    assert!(!folder.path().join("base.safetensors.part").exists());
    let forecast = json(closecast(folder.path()).args(["predict", "AAPL"]));
    assert_eq!((&forecast["model"]["kind"], &forecast["model"]["version"]), (&"base".into(), &1.into()));
    assert_eq!(forecast["model"]["sha256"], published);
    assert_eq!(forecast["sessions"].as_array().unwrap().len(), 2);
    let told = text(closecast(folder.path()).args(["predict", "AAPL"]));
    assert!(told.contains("Made by BASE, version 1,"), "{told}");
    let shown = json(closecast(folder.path()).args(["models", "show", "BASE"]));
    assert!(shown.to_string().contains("made up"), "{shown}");
    assert!(text(closecast(folder.path()).args(["models", "list"])).contains("BASE"));
    assert!(text(closecast(folder.path()).args(["models", "show", "BASE"])).contains("BASE"));
    closecast(folder.path()).arg("doctor").assert().success();
    let stored = json(closecast(folder.path()).args(["train", "--base", "AAPL"]).args(SMALL));
    assert_eq!(stored["model"]["version"], 2, "stored symbols are learned from as well");
}

/// Returns every file below a folder.
fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn base_is_fine_tuned_for_a_symbol_and_serves_under_its_name() {
    let folder = with_prices(260);
    let tuned = json(closecast(folder.path()).args(["train", "--fine-tune", "AAPL"]));
    assert_eq!((&tuned["symbol"], &tuned["model"]["name"]), (&"AAPL".into(), &"AAPL".into()));
    assert_eq!(tuned["model"]["kind"], "fine_tuned");
    let forecast = json(closecast(folder.path()).args(["predict", "AAPL"]));
    assert_eq!((&forecast["model"]["kind"], &forecast["model"]["version"]), (&"fine_tuned".into(), &1.into()));
    let named = text(closecast(folder.path()).args(["predict", "AAPL", "--model", "BASE"]));
    assert!(named.contains("Made by BASE, as shipped, the model of all symbols.\n"), "it has one of its own: {named}");
    let told = text(closecast(folder.path()).args(["predict", "AAPL"]));
    assert!(told.contains("Made by the model AAPL, version 1: BASE fine-tuned for this symbol."), "{told}");
    let short = with_prices(120);
    refused(closecast(short.path()).args(["train", "--fine-tune", "AAPL"]), 1, "120");
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let folder = with_prices(120);
    let conflicts: [&[&str]; 8] = [
        &["AAPL", "--base", "--fine-tune"],
        &["AAPL", "--base", "--layers", "2"],
        &["AAPL", "--base", "--model-name", "X"],
        &["AAPL", "--fine-tune", "--horizon", "2"],
        &["AAPL", "--fine-tune", "--members", "2"],
        &["AAPL", "--data", "prices"],
        &["AAPL", "--base", "--members", "0"],
        &["--base"],
    ];
    for arguments in conflicts {
        let output = closecast(folder.path()).arg("train").args(arguments).arg("--json").assert().code(2);
        let error = String::from_utf8(output.get_output().stderr.clone()).unwrap();
        assert_eq!(error.trim_end().lines().count(), 1, "{arguments:?}: {error}");
        assert!(serde_json::from_str::<Value>(&error).unwrap()["error"].is_string(), "{error}");
    }
    refused(closecast(folder.path()).args(["train", "AAPL", "MSFT"]), 2, "--base");
    refused(closecast(folder.path()).args(["train", "AAPL", "MSFT", "--fine-tune"]), 2, "name one symbol");
    refused(closecast(folder.path()).args(["train", "--base", "--data", "nowhere"]), 2, "nowhere");
    refused(closecast(folder.path()).args(["train", "--base", "AAPL", "--lookback", "1"]), 2, "lookback");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    refused(closecast(folder.path()).args(["train", "--base", "--data", "empty"]), 2, "no .csv file");
    let nowhere = ["train", "--base", "AAPL", "--artifact-out", "none/base.safetensors"];
    refused(closecast(folder.path()).args(nowhere), 1, "none/base.safetensors cannot be written");
}
