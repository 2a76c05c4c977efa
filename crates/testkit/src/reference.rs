//! Reference values in JSON fixtures.

use serde_json::Value;

/// Returns the cases under `part` of a fixture's text.
#[must_use]
pub fn cases(text: &str, part: &str) -> Vec<Value> {
    let mut whole: Value = serde_json::from_str(text).expect("a fixture is JSON");
    whole[part].take().as_array().expect("a part of a fixture is a list").clone()
}

/// Returns a number.
#[must_use]
pub fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// Returns a number of things.
#[must_use]
pub fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a whole number")).expect("a number of things")
}

/// Returns a list of numbers.
#[must_use]
pub fn list(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}
