//! What `--json` prints.

use crate::{KEPT, assert_unchanged, command::command, output_of, shape::shape, train_aapl};

/// A file with a row of each of the commoner faults.
const FAULTY: &str = "Date,Open,High,Low,Close,Adj Close,Volume
2024-01-02,100,101,99,100,100,1000
2024-01-03,100,101,99,100.5,100.5,1100
2024-01-03,100,101,99,100.5,100.5,1100
2024-01-04,null,null,null,null,null,null
2024-01-05,100,99,101,100,100,1000
2024-01-08,100,101,99,10.2,10.2,1000
2024-01-11,100,101,99,100,100,0
2024-01-15,100,101,99,100,100,900
2024-01-16,100,101,99,-1,-1,900
";

#[test]
fn the_quickstart() {
    let folder = tempfile::tempdir().unwrap();
    let forecast = output_of(folder.path(), &["quickstart", "--no-serve", "--json"]);
    assert_unchanged("quickstart", &shape(&forecast, KEPT));
}

#[test]
fn models_and_the_doctor() {
    let folder = tempfile::tempdir().unwrap();
    assert_unchanged("models_list_empty", &output_of(folder.path(), &["models", "list", "--json"]));
    train_aapl(folder.path());
    assert_unchanged("models_list", &shape(&output_of(folder.path(), &["models", "list", "--json"]), KEPT));
    assert_unchanged("models_show", &shape(&output_of(folder.path(), &["models", "show", "AAPL", "--json"]), KEPT));
    assert_unchanged("doctor", &without_machine(&output_of(folder.path(), &["doctor", "--json"])));
}

/// Replaces the instruction set, and the size of an artifact, which is written in decimal figures.
fn without_machine(checks: &str) -> String {
    let mut checks: serde_json::Value = serde_json::from_str(checks).unwrap();
    for check in checks["checks"].as_array_mut().unwrap() {
        let detail = check["detail"].as_str().unwrap();
        check["detail"] = match check["name"].as_str() {
            Some("processor") => "<instruction set>".into(),
            _ if detail.ends_with(" bytes") => {
                let words = detail.split(' ');
                let figures = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
                words.map(|word| if figures(word) { "<integer>" } else { word }).collect::<Vec<_>>().join(" ").into()
            }
            _ => continue,
        };
    }
    serde_json::to_string_pretty(&checks).unwrap()
}

#[test]
fn the_report_on_faulty_prices() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ACME.csv"), FAULTY).unwrap();
    assert_unchanged("import", &output_of(folder.path(), &["import", "ACME.csv", "--json"]));
    let output = command(folder.path()).args(["check-data", "ACME", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "an error-level defect is left");
    assert_unchanged("check_data", &String::from_utf8(output.stdout).unwrap());
}
