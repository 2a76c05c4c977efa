//! Which form of an answer a client would rather have.

use axum::http::{HeaderMap, HeaderValue, header};

/// Returns whether the client would rather have CSV than JSON: what it wants more, by the header `Accept`.
pub(super) fn prefers_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<(String, f32)> = accept.flat_map(|list| list.split(',')).map(range).collect();
    let weight =
        |wanted: &str| ranges.iter().filter(|(name, _)| name == wanted).map(|&(_, weight)| weight).reduce(f32::max);
    let csv = weight("text/csv").unwrap_or(0.0);
    // Named, JSON comes first among equals; of whatever else would do, CSV was named.
    let json = weight("application/json").map_or(0.0, |weight| weight + f32::EPSILON);
    csv > json
}

/// Lets a client that wants an answer in no form at all have it as it is: what was asked has been done by the time that this shows.
pub(super) fn or_as_it_is(headers: &mut HeaderMap) {
    let wanted = || headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    // Hardly anybody refuses a coding, and every request comes through here.
    if !wanted().any(|list| list.contains("q=0")) {
        return;
    }
    let codings: Vec<(String, f32)> = wanted().flat_map(|list| list.split(',')).map(range).collect();
    if codings.iter().any(|(name, weight)| (name == "identity" || name == "*") && *weight <= 0.0) {
        let takes_gzip = codings.iter().any(|(name, weight)| name == "gzip" && *weight > 0.0);
        let instead = HeaderValue::from_static(if takes_gzip { "gzip" } else { "identity" });
        headers.insert(header::ACCEPT_ENCODING, instead);
    }
}

/// Returns a media range of the list, in small letters, and its weight.
fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse().ok());
    (name, weight.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_for_who_asks_for_it() {
        let cases = [
            ("text/csv", true),
            ("TEXT/CSV; charset=utf-8", true),
            ("text/csv, */*;q=0.1", true),
            ("application/json;q=0.5, text/csv", true),
            ("application/json, text/csv", false),
            ("application/json", false),
            ("*/*", false),
            ("text/csv;q=0", false),
            ("text/csv;q=0.0", false),
            ("text/html,application/xhtml+xml", false),
            ("", false),
        ];
        for (accept, csv) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(prefers_csv(&headers), csv, "{accept}");
        }
        assert!(!prefers_csv(&HeaderMap::new()));
    }
}
