//! Output of a command beside the output that a document shows.

use serde_json::Value;

/// Compares what a document shows with what a command printed. JSON must have the shown fields, with values of the same types. Of text,
/// each shown line must occur, in order; figures may differ, and a line `…` stands for any lines.
///
/// # Errors
/// What is shown and missing.
pub(crate) fn compare(shown: &str, printed: &str) -> Result<(), String> {
    if let Ok(shown) = serde_json::from_str::<Value>(shown) {
        let printed = serde_json::from_str(printed).map_err(|error| format!("the output is not JSON: {error}"))?;
        return compare_json("", &shown, &printed);
    }
    let mut lines = printed.lines().map(without_figures);
    for line in shown.lines().filter(|line| !matches!(line.trim(), "" | "…")) {
        let expected = without_figures(line);
        if !lines.any(|line| line == expected) {
            return Err(format!("the output lacks the line {line:?}"));
        }
    }
    Ok(())
}

fn compare_json(path: &str, shown: &Value, printed: &Value) -> Result<(), String> {
    match (shown, printed) {
        (Value::Object(shown), Value::Object(printed)) => shown.iter().try_for_each(|(key, value)| {
            let path = format!("{path}/{key}");
            let found = printed.get(key).ok_or_else(|| format!("the output has no field {path}"))?;
            compare_json(&path, value, found)
        }),
        (Value::Array(shown), Value::Array(printed)) => match (shown.first(), printed.first()) {
            (Some(shown), Some(printed)) => compare_json(&format!("{path}/0"), shown, printed),
            (Some(_), None) => Err(format!("{path} is empty in the output")),
            (None, _) => Ok(()),
        },
        _ if std::mem::discriminant(shown) == std::mem::discriminant(printed) => Ok(()),
        _ => Err(format!("{path} is {shown} in the document and {printed} in the output")),
    }
}

/// Replaces each number, whatever its length, and each run of spaces.
fn without_figures(line: &str) -> String {
    let mut text = String::new();
    for letter in line.trim_end().chars() {
        let letter = if letter.is_ascii_digit() { '#' } else { letter };
        if !(matches!(letter, '#' | ' ') && text.ends_with(letter)) {
            text.push(letter);
        }
    }
    text
}

#[test]
fn text_matches_line_by_line_whatever_its_figures() {
    let printed = "AAPL closed at 12.50 USD.\nForecast:   13 USD\nend\n";
    assert_eq!(compare("AAPL closed at 430.47 USD.\n…\nend\n", printed), Ok(()));
    assert!(compare("end\nForecast: 1 USD\n", printed).unwrap_err().contains("Forecast"));
    assert!(compare("MSFT closed at 1.0 USD.\n", printed).is_err());
}

#[test]
fn json_matches_by_fields_and_types() {
    let printed = r#"{"a": 1, "b": {"c": [{"d": "x"}]}, "e": null}"#;
    assert_eq!(compare(r#"{"b": {"c": [{"d": "y"}, {"d": "z"}]}, "a": 2}"#, printed), Ok(()));
    assert!(compare(r#"{"f": 1}"#, printed).unwrap_err().contains("/f"));
    assert!(compare(r#"{"b": {"c": [{"d": 1}]}}"#, printed).unwrap_err().contains("/b/c/0/d"));
}
