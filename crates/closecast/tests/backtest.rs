//! `backtest` over the real binary: what it prints, and the report and the forecasts that it writes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
// Elsewhere paths read differently, in the report as well.
#![cfg(unix)]

#[path = "program/command.rs"]
mod command;
#[path = "program/markup.rs"]
mod markup;
#[path = "snapshots/shape.rs"]
mod shape;

use std::path::Path;

use serde_json::Value;

/// Arguments of a quick backtest of two symbols, twenty weeks long.
const ARGUMENTS: [&str; 8] =
    ["backtest", "--data", "a&b <i>", "--models", "naive,ewma-t,garch-t", "--test-days", "100", "--refit-every=50"];

/// Writes price files of two symbols into a folder whose name would be markup.
fn write_prices(folder: &Path) {
    let prices = folder.join("a&b <i>");
    std::fs::create_dir(&prices).unwrap();
    command::write_csv(&prices.join("AAPL.csv"), 420);
    command::write_csv(&prices.join("MSFT.csv"), 400);
}

fn output(folder: &Path, more: &[&str]) -> std::process::Output {
    command::command(folder).args(ARGUMENTS).args(more).output().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Fails when `text` is not what `snapshots/<name>.snap` holds.
fn assert_unchanged(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn the_json_has_the_figures_of_every_model_symbol_and_slice() {
    let folder = tempfile::tempdir().unwrap();
    write_prices(folder.path());
    let output = output(folder.path(), &["--json"]);
    assert!(output.status.success(), "{}", text(output.stderr));
    let json = text(output.stdout);
    // GARCH's parameters are found by a search, which may end a little elsewhere on another processor.
    let mut whole: Value = serde_json::from_str(&json).unwrap();
    let garch = whole["scores"].as_array_mut().unwrap().pop().unwrap();
    assert_eq!(garch["model"], "garch-t");
    assert!(garch["symbols"][1]["price_errors"]["r2"].is_number() && garch["crps_p_value"]["naive"].is_number());
    for score in whole["scores"].as_array_mut().unwrap() {
        for by_model in ["relative_crps", "share_better", "crps_p_value", "finding_on_distributions"] {
            score[by_model].as_object_mut().unwrap().remove("garch-t").unwrap();
        }
        let findings = score["findings"].as_array_mut().unwrap();
        findings.retain(|sentence| !sentence.as_str().unwrap().contains("garch-t"));
    }
    let slices: Vec<Value> = whole["slices"].as_array().unwrap().iter().map(|slice| slice["days"].clone()).collect();
    whole["slices"].as_array_mut().unwrap().truncate(1);
    whole["slices"][0]["scores"].as_array_mut().unwrap().truncate(1);
    whole["slices"][0]["scores"][0]
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !key.contains("crps") && key != "share_better");
    assert_eq!(slices[slices.len() - 3..], ["quiet", "ordinary", "wild"]);
    assert_unchanged(
        "backtest",
        &shape::shape(&whole.to_string(), &["scores", "slices", "refits", "symbols", "reference"]),
    );
}

#[test]
fn the_report_stands_by_itself_and_the_forecasts_keep_their_columns() {
    let folder = tempfile::tempdir().unwrap();
    write_prices(folder.path());
    let written = output(folder.path(), &["--report", "report.html", "--forecasts-out", "forecasts.csv"]);
    assert!(written.status.success(), "{}", text(written.stderr));
    let printed = text(written.stdout);
    assert!(printed.contains("Errors in prices") && printed.contains("The forecast distributions "), "{printed}");

    let html = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    let elements = markup::elements(&html);
    let count = |name: &str| elements.iter().filter(|element| *element == name).count();
    assert_eq!((count("script"), count("link"), count("img"), count("iframe")), (0, 0, 0, 0));
    assert!(!html.contains("://") && !html.contains("url("), "it loads something");
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    assert!(
        html.contains("--data &#39;a&#38;b &#60;i&#62;&#39; --models naive,ewma-t,garch-t"),
        "the command, escaped"
    );
    for title in ["What was tested", "What it says", "Summary", "Charts", "By year", "By volatility", "By symbol"] {
        assert!(html.contains(&format!("<h2>{title}</h2>")), "{title}");
    }
    // Five charts and a histogram a model, apart from legends.
    assert_eq!(html.matches("role=\"img\"").count(), 5 + 3);
    assert!(html.contains("Not investment advice.") && html.contains("prefers-color-scheme: dark"));
    for bad in ["NaN", ">inf", "\"inf", "-inf"] {
        assert!(!html.contains(bad), "{bad} is in the report");
    }

    let forecasts = std::fs::read_to_string(folder.path().join("forecasts.csv")).unwrap();
    let header = forecasts.lines().next().unwrap();
    assert!(header.starts_with("model,symbol,origin_date,target_date,horizon,last_close,actual,point,q05,q10,"));
    assert!(header.ends_with(",q90,q95,q025,q975"));
    assert!(forecasts.lines().filter(|line| line.starts_with("naive,")).all(|line| line.ends_with(",,")));
    assert!(forecasts.lines().filter(|line| line.starts_with("garch-t,")).all(|line| !line.contains(",,")));
    let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["a&b <i>", "data", "forecasts.csv", "report.html"]);
}

#[test]
fn what_cannot_be_written_or_compared_is_told_before_the_work_begins() {
    let folder = tempfile::tempdir().unwrap();
    write_prices(folder.path());
    for (more, code, message) in [
        (&["--report", "nowhere/report.html"][..], 1, "nowhere/report.html cannot be written: "),
        (&["--report", "."], 1, ". cannot be written: "),
        (&["--forecasts-out", "nowhere/forecasts.csv"], 1, "nowhere/forecasts.csv cannot be written: "),
        (&["--reference", "har"], 2, "the reference \"har\" is not among the models: add it to --models"),
    ] {
        let output = output(folder.path(), more);
        let error = text(output.stderr);
        assert_eq!(output.status.code(), Some(code), "{more:?}: {error}");
        assert!(error.contains(message) && error.lines().count() == 1, "{more:?}: {error}");
        assert!(!folder.path().join("data").join("backtests").exists(), "{more:?}: the work had begun");
    }
}
