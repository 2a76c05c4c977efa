//! Forecasts.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    app::App,
    ops::forecast::{Answer, Freshness, forecast},
    server::{problem::Problem, routes::SymbolPath},
};

#[derive(Debug, Deserialize)]
pub(in crate::server) struct Parameters {
    /// Model to use; the one named like the symbol when absent.
    model: Option<String>,
}

/// Returns the forecast of the next sessions. A client that sends `Cache-Control: no-cache` gets one that was made for it.
pub(in crate::server) async fn show(
    State(app): State<App>,
    SymbolPath(symbol): SymbolPath,
    parameters: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(parameters) = parameters.map_err(|error| Problem::invalid(error.body_text()))?;
    let answer = forecast(&app, &symbol, parameters.model.as_deref(), freshness(&headers)).await?;
    Ok(respond(&answer, &headers))
}

fn freshness(headers: &HeaderMap) -> Freshness {
    let asked = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    if asked.is_some_and(|asked| asked.contains("no-cache")) { Freshness::Anew } else { Freshness::Kept }
}

/// Returns the answer, or only that the one the client has still holds.
fn respond(answer: &Answer, headers: &HeaderMap) -> Response {
    let etag = HeaderValue::from_str(&answer.etag).ok();
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| matches(known, &answer.etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], answer.json.clone()).into_response()
    };
    if let Some(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Returns whether a list of entity tags, or `*`, has `etag` in it (RFC 9110, weakly compared).
fn matches(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_is_found_in_a_list() {
        for known in ["\"a\"", "\"b\", \"a\"", "W/\"a\"", "*"] {
            assert!(matches(known, "\"a\""), "{known}");
        }
        assert!(!matches("\"b\"", "\"a\"") && !matches("", "\"a\""));
    }
}
