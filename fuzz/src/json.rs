//! Changes to a JSON document that leave it one: a byte changed at random seldom does.

use closecast_testkit::random::SplitMix64;
use serde_json::{Map, Value, json};

/// Returns `data` with a few of its values changed, in at most `max` bytes; `None` when it is no JSON, or would not fit.
#[must_use]
pub fn mutated(data: &[u8], max: usize, random: &mut SplitMix64) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(data).ok()?;
    for _ in 0..=below(random, 3) {
        change(&mut document, random);
    }
    serde_json::to_vec(&document).ok().filter(|text| text.len() <= max)
}

/// Returns a number below `end`, 0 when that is 0.
pub fn below(random: &mut SplitMix64, end: usize) -> usize {
    if end == 0 { 0 } else { (random.next_u64() % end as u64) as usize }
}

/// Changes one value of the document.
pub fn change(document: &mut Value, random: &mut SplitMix64) {
    let nodes = count(document);
    let other = node(document, &mut below(random, nodes)).cloned().unwrap_or_default();
    let Some(chosen) = node(document, &mut below(random, nodes)) else { return };
    if below(random, 5) == 0 {
        *chosen = if below(random, 2) == 0 { other } else { odd(random) };
        return;
    }
    match chosen {
        Value::Array(items) => change_array(items, other, random),
        Value::Object(fields) => change_object(fields, other, random),
        Value::Number(number) => *chosen = near(number.as_f64().unwrap_or(0.0), random),
        Value::String(text) => change_text(text, random),
        Value::Bool(_) | Value::Null => *chosen = odd(random),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Returns the value `*place` steps into the document, itself first.
fn node<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| node(item, place)),
        Value::Object(fields) => fields.values_mut().find_map(|field| node(field, place)),
        _ => None,
    }
}

/// Values that parsers like to forget.
fn odd(random: &mut SplitMix64) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(0.5),
        json!(-0.0),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!(1e-12),
        json!(""),
        json!("\0"),
        json!("NaN"),
        json!("2024-02-29"),
        json!("\u{202e}é\n"),
        json!([]),
        json!({}),
        json!([[]]),
    ];
    values[below(random, values.len())].clone()
}

fn near(number: f64, random: &mut SplitMix64) -> Value {
    let whole = number as i64;
    match below(random, 9) {
        0 => json!(-number),
        1 => json!(number * 1e10),
        2 => json!(number / 1e10),
        3 => json!(whole.wrapping_add(1)),
        4 => json!(whole.wrapping_sub(1)),
        5 => json!(whole.wrapping_mul(1000)),
        6 => json!(number.to_string()),
        7 => json!(number + random.normal()),
        _ => odd(random),
    }
}

fn change_array(items: &mut Vec<Value>, other: Value, random: &mut SplitMix64) {
    let at = below(random, items.len());
    match below(random, 6) {
        0 if !items.is_empty() => drop(items.remove(at)),
        1 if !items.is_empty() => items.truncate(at),
        2 if !items.is_empty() => {
            let item = items[at].clone();
            items.extend(std::iter::repeat_n(item, 1 + below(random, 8)));
        }
        3 if !items.is_empty() => {
            let with = below(random, items.len());
            items.swap(at, with);
        }
        4 => items.insert(at, other),
        _ => items.push(odd(random)),
    }
}

fn change_object(fields: &mut Map<String, Value>, other: Value, random: &mut SplitMix64) {
    let name = fields.keys().nth(below(random, fields.len())).cloned();
    match (below(random, 4), name) {
        (0, Some(name)) => drop(fields.remove(&name)),
        (1, Some(name)) => drop(fields.insert(name, other)),
        (2, Some(mut name)) => {
            let value = fields.remove(&name).unwrap_or_default();
            change_text(&mut name, random);
            fields.insert(name, value);
        }
        _ => drop(fields.insert(format!("key{}", below(random, 4)), odd(random))),
    }
}

fn change_text(text: &mut String, random: &mut SplitMix64) {
    let mut characters: Vec<char> = text.chars().collect();
    let at = below(random, characters.len());
    match below(random, 6) {
        0 if !characters.is_empty() => drop(characters.remove(at)),
        1 => characters.clear(),
        2 => characters.extend(std::iter::repeat_n('a', 1 + below(random, 300))),
        3 if !characters.is_empty() => characters[at] = char::from(b' ' + below(random, 95) as u8),
        4 => characters.insert(at, ['\0', 'é', '/', '\u{ffff}', '"', '9'][below(random, 6)]),
        _ => characters.insert(at, char::from(b'0' + below(random, 10) as u8)),
    }
    *text = characters.into_iter().collect();
}
