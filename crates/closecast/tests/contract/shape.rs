//! What a client reads out of JSON: which fields, and of which type.

use serde_json::Value;

/// Returns what of `shape` does not hold. Each of its rules names fields and what they are:
///
/// - `symbol, model.name: string`: both are texts. A type is `string`, `number`, `integer`, `bool`, `object` or `array`; with a `?`
///   it may be null as well, but not absent.
/// - `bars[].close: number`: there is at least one bar, and all have it.
/// - `status = "healthy"`: it is this value.
pub(crate) fn misfits(value: &Value, shape: &[&str]) -> Vec<String> {
    shape.iter().flat_map(|rule| misfits_of(value, rule)).collect()
}

fn misfits_of(value: &Value, rule: &str) -> Vec<String> {
    let (paths, wanted, by_value) = match rule.split_once(" = ") {
        Some((path, literal)) => (path, literal, true),
        None => rule.split_once(": ").map(|(paths, name)| (paths, name, false)).unwrap(),
    };
    let fits = |found: &Value| {
        if by_value { *found == serde_json::from_str::<Value>(wanted).unwrap() } else { is_of(found, wanted) }
    };
    let mut misfits = Vec::new();
    for path in paths.split(", ") {
        match reach(value, path) {
            Ok(all) => {
                let wrong = all.into_iter().find(|found| !fits(found));
                misfits.extend(wrong.map(|found| format!("{path} is {found:.200}, but should be {wanted}")));
            }
            Err(missing) => misfits.push(format!("{path}: {missing}")),
        }
    }
    misfits
}

/// Returns all values at a path.
fn reach<'a>(value: &'a Value, path: &str) -> Result<Vec<&'a Value>, String> {
    let mut reached = vec![value];
    for step in path.split('.') {
        let name = step.trim_end_matches("[]");
        if !name.is_empty() {
            let missing = || format!("there is no {name}");
            reached = reached.into_iter().map(|at| at.get(name).ok_or_else(missing)).collect::<Result<_, _>>()?;
        }
        for _ in 0..(step.len() - name.len()) / 2 {
            let entries: Vec<&[Value]> = reached
                .iter()
                .map(|at| at.as_array().map(Vec::as_slice).ok_or("it is no array"))
                .collect::<Result<_, _>>()?;
            reached = entries.into_iter().flatten().collect();
            if reached.is_empty() {
                return Err("the array is empty".to_owned());
            }
        }
    }
    Ok(reached)
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "bool" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => match name.strip_suffix('?') {
            Some(name) => value.is_null() || is_of(value, name),
            None => panic!("{name} is no type"),
        },
    }
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let value = serde_json::json!({"a": 1.5, "b": {"c": null}, "d": [{"e": [1, 2]}, {"e": [3]}], "f": [], "g": "x"});
    let good =
        ["a, d[].e[]: number", "d[].e[]: integer", "b.c: string?", "b: object", "f: array", "a = 1.5", "g: string"];
    assert_eq!(misfits(&value, &good), [""; 0]);
    let bad = ["a: integer", "b.c: string", "b.x: string?", "d[].g: bool", "f[]: number", "a[]: number", "g = \"y\""];
    let told = misfits(&value, &bad);
    assert_eq!(told.len(), bad.len(), "{told:#?}");
    assert_eq!(told[0], "a is 1.5, but should be integer");
    assert_eq!(told[3..5], ["d[].g: there is no g", "f[]: the array is empty"]);
}
