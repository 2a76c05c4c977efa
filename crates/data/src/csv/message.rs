//! Provider messages in place of prices, or between them.

use serde_json::Value;

use crate::import::excerpt;

/// Plain-text errors of Yahoo, Stooq and the servers in front of them, in lower case (also with HTTP 200).
const PHRASES: [&str; 12] = [
    "too many requests",
    "edge: too many requests",
    "exceeded the daily hits limit",
    "no data",
    "brak danych",
    "unauthorized",
    "forbidden",
    "not found",
    "access denied",
    "service unavailable",
    "internal server error",
    "will be right back",
];

/// Returns the message of an error body: JSON, HTML or a known plain phrase.
pub(super) fn message_of(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with(['{', '[']) {
        return from_json(text);
    }
    if is_html(text) {
        return Some(from_html(text));
    }
    let first_line = text.lines().next()?.trim();
    let lower = first_line.to_lowercase();
    PHRASES.iter().any(|phrase| lower.starts_with(phrase)).then(|| excerpt(first_line))
}

/// Returns whether an error body may start on `line`; a JSON body often spans several lines.
pub(super) fn may_start(line: &str) -> bool {
    let line = line.trim();
    line.starts_with(['{', '[']) || message_of(line).is_some()
}

/// Returns the message of an error body that follows the cells of a row directly.
pub(super) fn glued_message(line: &str) -> Option<String> {
    let start = line.find("{\"").or_else(|| line.find("<html").or_else(|| line.find("<!DOCTYPE")))?;
    message_of(&line[start..])
}

fn is_html(text: &str) -> bool {
    let start: String = text.chars().take(15).flat_map(char::to_lowercase).collect();
    ["<!doctype", "<html", "<head", "<body", "<h1", "<p>", "<?xml", "<div", "<title", "<script"]
        .iter()
        .any(|tag| start.starts_with(tag))
}

/// Returns the title or headline of a page, if it has one.
fn from_html(page: &str) -> String {
    ["title", "h1", "body"]
        .iter()
        .find_map(|tag| {
            let start = page.find(&format!("<{tag}>"))? + tag.len() + 2;
            let end = start + page[start..].find(&format!("</{tag}>"))?;
            let words: Vec<_> = page[start..end].split_whitespace().collect();
            (!words.is_empty()).then(|| excerpt(&words.join(" ")))
        })
        .unwrap_or_else(|| excerpt(page))
}

/// Returns the text under one of the keys of Yahoo (`chart.error.description`) and Alpha Vantage (`Note`).
fn from_json(text: &str) -> Option<String> {
    const KEYS: [&str; 8] =
        ["description", "Error Message", "Information", "Note", "error_description", "message", "detail", "error"];
    // The end of a row may follow the body, so only the first value counts.
    let value: Value = serde_json::Deserializer::from_str(text).into_iter().next()?.ok()?;
    let mut open = vec![&value];
    let mut objects = Vec::new();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                objects.push(map);
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    let found = KEYS.iter().find_map(|key| objects.iter().find_map(|map| map.get(*key)?.as_str()));
    found.map(excerpt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_of_extracts_provider_message() {
        for (body, message) in [
            (r#"{"finance":{"error":{"code":"Unauthorized","description":"Invalid cookie"}}}"#, "Invalid cookie"),
            (
                r#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}"#,
                "No data found",
            ),
            ("{\n  \"Note\": \"5 calls per minute\"\n}", "5 calls per minute"),
            (r#"{"Error Message": "Invalid API call."}"#, "Invalid API call."),
            ("Too Many Requests\r\n", "Too Many Requests"),
            ("Edge: Too Many Requests", "Edge: Too Many Requests"),
            ("Brak danych", "Brak danych"),
            ("<!DOCTYPE html><html><body><h1>Will be\n right back...</h1></body></html>", "Will be right back..."),
            ("<html><head><title>403</title></head></html>", "403"),
        ] {
            assert_eq!(message_of(body).as_deref(), Some(message), "{body}");
        }
    }

    #[test]
    fn message_of_ignores_rows_and_headers() {
        for text in ["Date,Open", "<TICKER>,<PER>,<DATE>", "2020-01-01,1,2", "{}", "{\"a\":1}", "[", ""] {
            assert_eq!(message_of(text), None, "{text}");
        }
    }

    #[test]
    fn glued_message_finds_body_after_cells() {
        let line = r#"2020-01-02,1.5{"finance":{"error":{"description":"Invalid Crumb"}}},2"#;
        assert_eq!(glued_message(line).as_deref(), Some("Invalid Crumb"));
        assert_eq!(glued_message("2020-01-02,1.5"), None);
    }
}
