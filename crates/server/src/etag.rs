//! Answers that a client need not be sent again while they are the same.

use std::hash::{DefaultHasher, Hasher as _};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

/// Returns the entity tag of a body: of the same text on every server, since the keys of this hasher are fixed.
pub(super) fn of(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("\"{:016x}\"", hasher.finish())
}

/// Returns the body under a tag of its own text, or only that the client has it.
pub(super) fn respond_named(body: Vec<u8>, content_type: &'static str, headers: &HeaderMap) -> Response {
    let etag = of(&body);
    respond(body.into(), &etag, content_type, headers)
}

/// Returns the body, or only that the one which the client has still holds.
pub(super) fn respond(body: Bytes, etag: &str, content_type: &'static str, headers: &HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| matches(known, etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    if let Ok(etag) = HeaderValue::from_str(etag) {
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

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let etag = of(b"body");
        let answer = |known: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(known) = known {
                headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
            }
            respond(Bytes::from_static(b"body"), &etag, "text/plain", &headers)
        };
        assert_eq!((answer(None).status(), answer(Some("\"other\"")).status()), (StatusCode::OK, StatusCode::OK));
        let known = answer(Some(&etag));
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(known.headers()[header::ETAG], etag.as_str());
        assert_ne!(of(b"body"), of(b"Body"));
    }
}
