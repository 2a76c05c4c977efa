//! `closecast tune` as a user gives it, over the real binary and a real database.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "program/command.rs"]
mod command;

use std::path::Path;

use assert_cmd::Command;
use command::write_csv;
use serde_json::Value;

/// Models so small that a search takes a second.
const SPACE: &str = "lookback = 10\nlayers = 1\nhidden_size = [2, 4]\nbatch_size = 64\nepochs = 2\n\
                     learning_rate = { from = 1e-3, to = 3e-2, log = true }\n";

fn closecast(folder: &Path) -> Command {
    Command::from_std(command::command(folder))
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

fn json(command: &mut Command) -> Value {
    serde_json::from_str(&stdout(command.arg("--json"))).unwrap()
}

/// Asserts the exit code and one line on standard error that contains `part`.
fn refused(command: &mut Command, code: i32, part: &str) {
    let output = command.assert().code(code).get_output().clone();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(part) && text.trim_end().lines().count() == 1, "{text}");
    assert!(output.stdout.is_empty());
}

fn folder_with_prices() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 420);
    closecast(folder.path()).args(["import", "AAPL.csv"]).assert().success();
    std::fs::write(folder.path().join("space.toml"), SPACE).unwrap();
    folder
}

/// The files of finished trainings.
fn kept(folder: &Path) -> Vec<std::path::PathBuf> {
    let searches = std::fs::read_dir(folder.join("data/tunes")).unwrap();
    let files = searches.flat_map(|search| std::fs::read_dir(search.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn a_search_is_the_same_again_and_its_best_model_is_what_train_makes_of_the_file() {
    let folder = folder_with_prices();
    let tune = ["tune", "AAPL", "--space", "space.toml", "--trials", "4"];
    let found = json(closecast(folder.path()).args(tune).args(["--threads", "2", "--train"]));
    assert_eq!((&found["tried"], &found["failed"]), (&4.into(), &0.into()));
    assert_eq!(found["trials"].as_array().unwrap().len(), 4);
    assert_eq!(found["file"], "AAPL_spec.toml");
    let loss = |trial: &str| found[trial]["relative_mae"].as_f64().unwrap();
    assert!(loss("best") <= loss("default"));
    assert_eq!(found["beats_naive"], Value::Bool(loss("best") < 1.0));
    assert_eq!(found["default"]["spec"]["hidden_size"], 50);
    for fold in found["best"]["folds"].as_array().unwrap() {
        assert!(fold["mae"].is_number() && fold["naive_mae"].is_number());
    }
    let trained = json(closecast(folder.path()).args(["train", "AAPL", "--spec", "AAPL_spec.toml"]));
    assert_eq!(trained["model"]["sha256"], found["trained"]["model"]["sha256"], "the file says everything");
    assert!(found["trained"]["naive"]["test"]["mae"].is_number());
    let other = json(closecast(folder.path()).args(["train", "AAPL", "--spec", "AAPL_spec.toml", "--seed", "43"]));
    assert_ne!(other["model"]["sha256"], trained["model"]["sha256"], "a flag goes before the file");

    let files = kept(folder.path());
    // Another file to write, one thread, and some of the work gone: as if it had been interrupted.
    files.iter().step_by(2).for_each(|file| std::fs::remove_file(file).unwrap());
    let again = json(closecast(folder.path()).args(tune).args(["--threads", "1", "--out", "other.toml"]));
    for part in ["trials", "best", "rungs", "scored", "held_out"] {
        assert_eq!(again[part], found[part], "{part}");
    }
    assert_eq!(again["trained"], Value::Null);
    assert_eq!(kept(folder.path()).len(), files.len());
    let spec = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(spec("other.toml"), spec("AAPL_spec.toml"));
}

#[test]
fn the_report_says_how_many_models_were_tried_and_what_naive_does() {
    let folder = folder_with_prices();
    std::fs::write(folder.path().join("space.toml"), SPACE.replace("{ from = 1e-3, to = 3e-2, log = true }", "0.01"))
        .unwrap();
    let tune = ["tune", "AAPL", "--space", "space.toml", "--trials", "9"];
    let text = stdout(closecast(folder.path()).args(tune));
    for part in [
        "3 models tried on AAPL, ",
        "The space has no more models.",
        "\nnaive ",
        "\ndefault ",
        "--spec AAPL_spec.toml`",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(text.contains("chosen as the best of 3 models on these very days"), "{text}");
    // What was kept is not computed again, unless that is asked for.
    let file = kept(folder.path()).remove(0);
    std::fs::write(&file, r#"{"failed":"on purpose"}"#).unwrap();
    assert!(
        stdout(closecast(folder.path()).args(tune)).contains("1 model could not be trained; the first: on purpose")
    );
    assert_eq!(stdout(closecast(folder.path()).args(tune).arg("--restart")), text);
}

#[test]
fn the_space_that_is_printed_can_be_given_back() {
    let folder = folder_with_prices();
    let space = stdout(closecast(folder.path()).args(["tune", "--print-space"]));
    std::fs::write(folder.path().join("printed.toml"), &space).unwrap();
    // Too few days for its longest lookback: the file was understood.
    refused(
        closecast(folder.path()).args(["tune", "AAPL", "--space", "printed.toml"]),
        1,
        "up to 120 days, 509 are needed",
    );
    assert_eq!(json(closecast(folder.path()).args(["tune", "--print-space"]))["layers"], serde_json::json!([1, 2, 3]));
}

#[test]
fn what_is_wrong_is_told_before_any_work() {
    let folder = folder_with_prices();
    let file = |content: &str| std::fs::write(folder.path().join("wrong.toml"), content).unwrap();
    let tune = |arguments: &[&str], code, part| {
        refused(closecast(folder.path()).args(["tune", "AAPL"]).args(arguments), code, part);
    };
    file("layers = [1, \"two\"]");
    tune(&["--space", "wrong.toml"], 2, "wrong.toml, line 1: layers is \"two\", but must be a whole number above 0");
    file("layers = [1, 99]");
    tune(&["--space", "wrong.toml"], 2, "wrong.toml: layers is 99, but must be from 1 to 8");
    tune(&["--space", "none.toml"], 2, "the space none.toml does not exist");
    tune(&["--trials", "0"], 2, "trials is 0, but must be from 1 to 10000");
    tune(&["--out", "nowhere/spec.toml"], 2, "there is no folder nowhere");
    tune(&["--out", "data"], 2, "it is a folder");
    tune(&["--start-date", "2024-02-01", "--end-date", "2024-01-01"], 2, "start-date");
    refused(closecast(folder.path()).args(["tune", "MSFT"]), 1, "there are no prices of MSFT");
    file("hidden_size = 0");
    refused(
        closecast(folder.path()).args(["train", "AAPL", "--spec", "wrong.toml"]),
        2,
        "wrong.toml: hidden_size is 0",
    );
    assert!(!folder.path().join("AAPL_spec.toml").exists());
}
