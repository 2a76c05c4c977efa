//! JSON as one line a value, with what is not the same everywhere left out.

use std::fmt::Write as _;

use serde_json::Value;

/// Significant digits of a number: sums in another order, or fused, differ far behind them.
const DIGITS: usize = 6;

/// Returns a line `path: value` for each value in `json`. It is the value itself when its keys hold those of a rule of
/// `kept` one after the other (`model.name`; a rule covers everything below it), and otherwise the type alone.
pub(crate) fn shape(json: &str, kept: &[&str]) -> String {
    let mut lines = String::new();
    Shape { kept, lines: &mut lines }.visit("", "", &serde_json::from_str(json).unwrap());
    lines
}

struct Shape<'a> {
    kept: &'a [&'a str],
    lines: &'a mut String,
}

impl Shape<'_> {
    /// `path` is what is shown, with positions in arrays; `keys` is the same without them.
    fn visit(&mut self, path: &str, keys: &str, value: &Value) {
        match value {
            Value::Object(object) if !object.is_empty() => {
                for (key, value) in object {
                    let joined = |before: &str| if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
                    self.visit(&joined(path), &joined(keys), value);
                }
            }
            Value::Array(array) if !array.is_empty() => {
                for (index, value) in array.iter().enumerate() {
                    self.visit(&format!("{path}[{index}]"), keys, value);
                }
            }
            value => {
                let shown = if self.keeps(keys) { rounded(value).to_string() } else { type_of(value).to_owned() };
                writeln!(self.lines, "{path}: {shown}").unwrap();
            }
        }
    }

    fn keeps(&self, keys: &str) -> bool {
        self.kept.iter().any(|rule| format!(".{keys}.").contains(&format!(".{rule}.")))
    }
}

fn rounded(value: &Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() => format!("{number:.*e}", DIGITS - 1).parse::<f64>().unwrap().into(),
        _ => value.clone(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "<bool>",
        Value::Number(number) if number.is_f64() => "<number>",
        Value::Number(_) => "<integer>",
        Value::String(_) => "<string>",
        Value::Array(_) => "[]",
        Value::Object(_) => "{}",
    }
}

#[test]
fn what_is_kept_is_rounded_and_the_rest_is_its_type() {
    let json = r#"{"a": {"b": [1.23456789, 2], "c": "x"}, "ab": {"b": 1.5}, "d": [], "e": null, "f": [{"a": true}]}"#;
    let lines =
        ["a.b[0]: 1.23457", "a.b[1]: 2", "a.c: <string>", "ab.b: <number>", "d: []", "e: null", "f[0].a: <bool>"];
    assert_eq!(shape(json, &["a.b"]).lines().collect::<Vec<_>>(), lines);
    assert!(shape(json, &["a"]).contains("a.c: \"x\"\nab.b: <number>"));
    assert!(shape(json, &["a"]).contains("f[0].a: true"));
}
