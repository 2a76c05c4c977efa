//! The commands as a user gives them, over the real binary, a real database and no network.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "program/command.rs"]
mod command;

use std::{fmt::Write as _, path::Path};

use assert_cmd::Command;
use command::write_csv;
use serde_json::Value;

fn closecast(folder: &Path) -> Command {
    Command::from_std(command::command(folder))
}

fn json(command: &mut Command) -> Value {
    let output = command.arg("--json").assert().success().get_output().stdout.clone();
    serde_json::from_slice(&output).unwrap()
}

/// Asserts exit code 2 and one line on standard error that contains `part`.
fn refused(command: &mut Command, part: &str) {
    let output = command.assert().code(2).get_output().clone();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(part) && text.trim_end().lines().count() == 1, "{text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn import_train_predict_and_show_on_a_file_of_the_users_own() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 450);
    let imported = json(closecast(folder.path()).args(["import", "AAPL.csv"]));
    assert_eq!(imported["series"][0]["report"]["rows_kept"], 450);
    closecast(folder.path()).args(["check-data", "AAPL"]).assert().success();
    let train = ["train", "AAPL", "--epochs", "2", "--hidden-size", "6", "--lookback", "10"];
    let trained = json(closecast(folder.path()).args(train));
    let again = json(closecast(folder.path()).args(train));
    assert_eq!(trained["model"]["sha256"], again["model"]["sha256"], "same seed, data and machine: same bits");
    assert_eq!(again["model"]["version"], 2);
    let forecast = json(closecast(folder.path()).args(["predict", "AAPL"]));
    let (lower, upper) = (&forecast["interval"]["lower"], &forecast["interval"]["upper"]);
    let point = forecast["predicted_close"].as_f64().unwrap();
    assert!(lower.as_f64().unwrap() < point && point < upper.as_f64().unwrap());
    for part in ["train", "validation", "test"] {
        assert!(forecast["metrics"][part]["mae"].is_number() && forecast["naive"][part]["mae"].is_number());
    }
    let models = json(closecast(folder.path()).args(["models", "list"]));
    assert_eq!(models["models"].as_array().unwrap().len(), 2);
    let text = closecast(folder.path()).args(["predict", "AAPL"]).assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(text).unwrap().contains("Forecast for "));
    closecast(folder.path()).arg("doctor").assert().success();
}

#[test]
fn the_improved_network_is_trained_and_served_like_the_base() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 450);
    closecast(folder.path()).args(["import", "AAPL.csv"]).assert().success();
    let train = ["train", "AAPL", "--arch", "improved", "--epochs", "1", "--hidden-size", "5", "--lookback", "10"];
    let improved = json(closecast(folder.path()).args(train));
    let base = ["train", "AAPL", "--epochs", "1", "--hidden-size", "5", "--lookback", "10", "--model-name", "BASIC"];
    let base = json(closecast(folder.path()).args(base));
    assert_ne!(improved["model"]["sha256"], base["model"]["sha256"]);
    assert_eq!(
        (&improved["model"]["architecture"], &base["model"]["architecture"]),
        (&"improved".into(), &"base".into())
    );
    let network = |name: &str| json(closecast(folder.path()).args(["models", "show", name]))["network"].clone();
    assert_eq!(network("AAPL").to_string(), r#"{"arch":"improved","dropout":0.3,"hidden_size":5,"layers":3}"#);
    assert_eq!(network("BASIC").to_string(), r#"{"arch":"base","dropout":0.2,"hidden_size":5,"layers":2}"#);
    let shown =
        closecast(folder.path()).args(["models", "show", "AAPL"]).assert().success().get_output().stdout.clone();
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("network improved: 3 layers of 5 units, dropout 0.3\n"), "{shown}");
    assert!(shown.contains(" weights, 1 epoch (the best was 1)"), "{shown}");
    let forecast = json(closecast(folder.path()).args(["predict", "AAPL"]));
    assert_eq!(forecast["model"]["sha256"], improved["model"]["sha256"]);
    assert!(forecast["predicted_close"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_shorter_file_does_not_discard_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 300);
    closecast(folder.path()).args(["import", "AAPL.csv"]).assert().success();
    let text = std::fs::read_to_string(folder.path().join("AAPL.csv")).unwrap();
    let head: Vec<&str> = text.lines().take(200).collect();
    std::fs::write(folder.path().join("short.csv"), head.join("\n")).unwrap();
    let import = ["import", "short.csv", "--symbol", "AAPL"];
    refused(closecast(folder.path()).args(import), "--replace");
    let rows = |report: Value| report["series"][0]["report"]["rows_kept"].as_u64().unwrap();
    let again = json(closecast(folder.path()).args(["import", "AAPL.csv"]));
    assert_eq!(again["series"][0]["replaced"]["rows"], 300, "the file itself may come again");
    assert_eq!(rows(json(closecast(folder.path()).args(import).arg("--replace"))), 199);
}

#[test]
fn a_file_that_is_not_prices_is_refused_with_one_line_and_nothing_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content).unwrap();
    file("empty.csv", b"");
    file("binary.csv", &[0, 159, 146, 150, 0, 1, 2]);
    file("header.csv", b"Date,Open,High,Low,Close,Volume\n");
    file("error.csv", br#"{"chart":{"error":{"code":"Not Found","description":"No data found"}}}"#);
    file("noprices.csv", b"Date,Open,High,Low,Close,Volume\n2024-01-02,null,null,null,null,null\n");
    std::fs::create_dir(folder.path().join("folder.csv")).unwrap();
    for name in ["empty.csv", "binary.csv", "header.csv", "error.csv", "noprices.csv", "folder.csv", "gone.csv"] {
        refused(closecast(folder.path()).args(["import", name, "--symbol", "AAPL"]), name);
    }
    closecast(folder.path()).args(["check-data", "AAPL"]).assert().code(1);
}

#[test]
fn without_a_gpu_the_cpu_trains_and_the_log_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let bench = ["--device", "gpu", "bench", "train", "--hidden", "2", "--seq", "3", "--steps", "1", "--warmup", "0"];
    let output = closecast(folder.path()).args(bench).assert().success().get_output().stderr.clone();
    let log = String::from_utf8(output).unwrap();
    // In a build with the feature, on a machine with a GPU, that is what trains.
    assert!(log.contains("training on the CPU: no GPU can be used: ") || cfg!(feature = "gpu"), "{log}");
}

#[test]
fn bad_arguments_are_named_and_end_with_2() {
    let folder = tempfile::tempdir().unwrap();
    refused(closecast(folder.path()).args(["train", "AAPL", "--lookback", "1"]), "lookback is 1");
    refused(closecast(folder.path()).args(["train", "AAPL", "--learning-rate", "NaN"]), "learning_rate");
    refused(
        closecast(folder.path()).args(["train", "AAPL", "--start-date", "2024-02-01", "--end-date", "2024-01-01"]),
        "start-date",
    );
    closecast(folder.path()).args(["predict", "../etc/passwd"]).assert().code(2);
    closecast(folder.path()).args(["train", "AAPL"]).assert().code(1);
    closecast(folder.path()).args(["predict", "AAPL"]).assert().code(1);
    refused(closecast(folder.path()).args(["--config", "none.toml", "doctor"]), "none.toml");
    closecast(folder.path()).args(["models", "show", "NONE"]).assert().code(1);
    std::fs::write(folder.path().join(".env"), "OTHER=1\nthis is no setting\n").unwrap();
    refused(closecast(folder.path()).arg("doctor"), ".env");
    refused(closecast(folder.path()).args(["doctor", "--json"]), r#"{"error":".env"#);
}

#[test]
fn an_export_comes_back_and_the_test_payload_holds_the_newest_closes() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 100);
    closecast(folder.path()).args(["import", "AAPL.csv"]).assert().success();
    closecast(folder.path()).args(["export", "AAPL"]).assert().success();
    let exported = folder.path().join("AAPL_data.csv");
    let first = std::fs::read_to_string(&exported).unwrap();
    assert!(first.starts_with("Date,Open,High,Low,Close,Adj Close,Volume\n"));
    closecast(folder.path()).args(["import", "AAPL_data.csv"]).assert().success();
    closecast(folder.path()).args(["export", "AAPL"]).assert().success();
    assert_eq!(first, std::fs::read_to_string(&exported).unwrap());
    closecast(folder.path()).args(["export", "AAPL", "--test-json", "--lookback", "5"]).assert().success();
    let payload = std::fs::read_to_string(folder.path().join("test_input.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&payload).unwrap()["values"].as_array().unwrap().len(), 5);
}

#[test]
fn a_provider_that_cannot_be_reached_fails_without_stored_prices_and_keeps_stored_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut fetch = closecast(folder.path());
    fetch.env("CLOSECAST_YAHOO_URL", "http://127.0.0.1:9").env("CLOSECAST_REQUESTS_PER_SECOND", "50");
    fetch.args(["fetch", "AAPL"]).assert().code(1);
    write_csv(&folder.path().join("AAPL.csv"), 100);
    closecast(folder.path()).args(["import", "AAPL.csv"]).assert().success();
    let mut fetch = closecast(folder.path());
    fetch.env("CLOSECAST_YAHOO_URL", "http://127.0.0.1:9").env("CLOSECAST_REQUESTS_PER_SECOND", "50");
    let outcome = json(fetch.args(["fetch", "AAPL"]));
    assert_eq!(
        (&outcome["symbols"][0]["stale"], &outcome["symbols"][0]["rows"]),
        (&Value::Bool(true), &Value::from(100))
    );
}

#[test]
fn database_url_with_a_password_is_refused_as_an_argument_and_taken_from_environment_and_file() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing listens there.
    let address = "postgres://me:hidden@127.0.0.1:1/db";
    for arguments in [["--database-url", address, "jobs", "list"], ["jobs", "list", "--database-url", address]] {
        let output = closecast(folder.path()).args(arguments).assert().code(2).get_output().clone();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("CLOSECAST_DATABASE_URL_FILE") && !told.contains("hidden"), "{told}");
    }
    let unreachable = |command: &mut Command| {
        let output = command.args(["jobs", "list"]).assert().code(1).get_output().clone();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("127.0.0.1:1") && !told.contains("hidden"), "{told}");
    };
    unreachable(closecast(folder.path()).env("CLOSECAST_DATABASE_URL", address));
    unreachable(closecast(folder.path()).args(["--database-url", "postgres://me@127.0.0.1:1/db"]));
    std::fs::write(folder.path().join("address"), format!("{address}\n")).unwrap();
    unreachable(closecast(folder.path()).args(["--database-url-file", "address"]));
    unreachable(closecast(folder.path()).env("CLOSECAST_DATABASE_URL_FILE", "address"));
}

#[test]
fn import_names_the_memory_and_the_remedy_when_a_file_has_more_rows_than_fit() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "Symbol,Date,Close\n".to_owned();
    for row in 0..60_000 {
        // Months of 28 days, of five symbols.
        let (symbol, day) = (row / 12_000, row % 12_000);
        let date = format!("{}-{:02}-{:02}", 1980 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
        writeln!(text, "LOT{symbol},{date},1").unwrap();
    }
    std::fs::write(folder.path().join("large.csv"), text).unwrap();
    let import = |arguments: &[&str]| {
        let mut command = closecast(folder.path());
        command.args(["--memory", "64MB", "import", "large.csv"]).args(arguments);
        command
    };
    for part in ["large.csv: more than", "64 MB of memory", "split the file", "name one symbol", "--memory"] {
        refused(&mut import(&[]), part);
    }
    import(&["--symbol", "LOT3"]).assert().success();
    // Fewer rows than a server with so little memory takes are no measure for a command.
    closecast(folder.path()).args(["--memory", "80MB", "import", "large.csv"]).assert().success();
}
