//! Which version of a model serves, as a user of the command line decides it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "program/command.rs"]
mod command;

use std::{path::Path, process::Output};

use command::{command, write_csv};
use serde_json::Value;

const SMALL: [&str; 6] = ["--epochs", "1", "--hidden-size", "4", "--lookback", "10"];

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

fn succeeds(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, &[&["--json"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the exit code and what was said.
fn fails(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = run(folder, arguments);
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(told).unwrap())
}

fn with_prices() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for symbol in ["AAPL", "GOOG"] {
        let file = format!("{symbol}.csv");
        write_csv(&folder.path().join(&file), 450);
        succeeds(folder.path(), &["import", &file, "--symbol", symbol]);
    }
    folder
}

fn train(folder: &Path, more: &[&str]) -> Value {
    succeeds(folder, &[&["train", "AAPL"], &SMALL[..], more].concat())
}

#[test]
fn a_model_of_one_symbol_cannot_take_the_name_of_another() {
    let folder = with_prices();
    let folder = folder.path();
    for (name, reason) in [("GOOG", "GOOG is a stored symbol"), ("base", "looks like BASE")] {
        let (code, told) = fails(folder, &[&["train", "AAPL", "--model-name", name], &SMALL[..]].concat());
        assert!(code == 2 && told.contains(reason), "{name}: {told}");
    }
    train(folder, &["--model-name", "mine"]);
    let (code, told) = fails(folder, &[&["train", "GOOG", "--model-name", "mine"], &SMALL[..]].concat());
    assert!(code == 2 && told.contains("mine is one of AAPL"), "{told}");
    assert_eq!(succeeds(folder, &["models", "list"])["models"].as_array().unwrap().len(), 1);
}

#[test]
fn the_advice_after_a_refusal_puts_the_very_version_into_service() {
    let folder = with_prices();
    let folder = folder.path();
    assert!(train(folder, &[])["challenge"].is_null(), "the first version has nothing beside it");
    let beside = train(folder, &["--seed", "2", "--learning-rate", "1"])["challenge"].clone();
    assert_eq!(
        (&beside["promoted"], &beside["champion"], &beside["challenger"]),
        (&false.into(), &1.into(), &2.into())
    );
    train(folder, &["--seed", "3", "--learning-rate", "1"]);
    let (code, told) = fails(folder, &["models", "promote", "AAPL", "--version", "2"]);
    let advice = "models promote AAPL --version 2 --force";
    assert!(code == 1 && told.contains(advice), "{told}");
    let forced = succeeds(folder, &advice.split(' ').collect::<Vec<_>>());
    assert_eq!((&forced["promoted"], &forced["forced"]), (&true.into(), &true.into()));
    assert_eq!(succeeds(folder, &["predict", "AAPL"])["model"]["version"], 2);
    let back = succeeds(folder, &["models", "rollback", "AAPL"]);
    assert_eq!((&back["previous"], &back["champion"]), (&2.into(), &1.into()));
}

#[test]
fn a_version_that_cannot_be_read_is_not_put_into_service() {
    let folder = with_prices();
    let folder = folder.path();
    train(folder, &[]);
    train(folder, &["--seed", "2", "--learning-rate", "1"]);
    let models = succeeds(folder, &["models", "list"]);
    let hash = |version: u64| {
        let model = models["models"].as_array().unwrap().iter().find(|m| m["model"]["version"] == version).unwrap();
        model["model"]["sha256"].as_str().unwrap().to_owned()
    };
    let file = |version: u64| folder.join("data/artifacts").join(&hash(version)[..2]).join(hash(version));
    let whole = std::fs::read(file(2)).unwrap();
    std::fs::write(file(2), b"damaged").unwrap();
    let (code, told) = fails(folder, &["models", "promote", "AAPL", "--force"]);
    assert!(code == 1 && told.contains("damaged"), "{told}");
    std::fs::write(file(2), whole).unwrap();
    succeeds(folder, &["models", "promote", "AAPL", "--force"]);
    std::fs::remove_file(file(1)).unwrap();
    let (code, told) = fails(folder, &["models", "rollback", "AAPL"]);
    assert!(code == 1 && told.contains("missing"), "{told}");
    assert_eq!(succeeds(folder, &["predict", "AAPL"])["model"]["version"], 2);
}
