//! What handlers take, with refusals that name the field and speak to the client.

use axum::{
    body::{Body, HttpBody as _},
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use bytes::{Bytes, BytesMut};
use closecast_domain::Symbol;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The symbol in a path.
#[derive(Debug)]
pub(super) struct SymbolPath(pub(super) Symbol);

impl<S: Send + Sync> FromRequestParts<S> for SymbolPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|error| Problem::invalid(format!("symbol: {}", error.body_text())))?;
        Symbol::new(&text).map(Self).map_err(|error| Problem::invalid(format!("symbol: {error}")))
    }
}

/// The parameters after `?`.
#[derive(Debug)]
pub(super) struct Parameters<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(parameters)| Self(parameters)).map_err(|error| {
            let text = error.body_text();
            let reason = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            Problem::invalid(format!("query: {}", plain(reason)))
        })
    }
}

/// A body of JSON.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !essence(request.headers()).is_some_and(|essence| is_json(&essence)) {
            let detail = "the body must be JSON, and the header Content-Type must say application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        refuse_encoded(request.headers())?;
        read_json(&read_body(request, state).await?).map(Self)
    }
}

/// Refuses a body that is compressed: those that are sent here are small.
///
/// # Errors
/// A problem of status 415.
pub(super) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            let detail = "Content-Encoding: send the body as it is, not compressed";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
        }
        _ => Ok(()),
    }
}

/// Returns the whole body.
///
/// # Errors
/// A problem of status 413 when it is larger than the route allows, 400 when it breaks off.
pub(super) async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        status => Problem::new(status, error.body_text()),
    })
}

/// Returns the whole body, if it has at most `limit` bytes, whatever the limit of the route.
///
/// # Errors
/// A problem of status 413 when it is larger, 400 when it breaks off.
pub(super) async fn read_limited(body: Body, limit: u64) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {limit} bytes"));
    // One that says so itself need not come first.
    if body.size_hint().lower() > limit {
        return Err(too_large());
    }
    let mut chunks = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let broken = |error| Problem::new(StatusCode::BAD_REQUEST, format!("the body breaks off: {error}"));
        let chunk = chunk.map_err(broken)?;
        if (whole.len() + chunk.len()) as u64 > limit {
            return Err(too_large());
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Reads JSON; what is wrong is told with the path of the field.
pub(super) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // An array would be taken for the fields in their order.
    if body.trim_ascii_start().first().is_some_and(|&first| first == b'[') {
        return Err(Problem::invalid("body: must be an object with named fields, not an array"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let reason = plain(&error.into_inner().to_string());
        Problem::invalid(if path == "." { format!("body: {reason}") } else { format!("{path}: {reason}") })
    })?;
    deserializer.end().map_err(|error| Problem::invalid(format!("body: {error}")))?;
    Ok(read)
}

/// Says in plain words what libraries say in their own.
fn plain(reason: &str) -> String {
    const WORDS: [(&str, &str); 7] = [
        ("expected usize", "expected a whole number"),
        ("expected u64", "expected a whole number"),
        ("expected u32", "expected a whole number"),
        ("expected f64", "expected a number"),
        ("invalid digit found in string", "must be a whole number"),
        ("input contains invalid characters", "must be a date such as 2024-01-31"),
        ("EOF while parsing a value at line 1 column 0", "is empty, and must be JSON"),
    ];
    WORDS.iter().fold(reason.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

/// Returns the media type of a body, in small letters and without its parameters.
pub(super) fn essence(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    content_type.split(';').next().map(|text| text.trim().to_ascii_lowercase())
}

/// Returns whether a body of that media type is JSON.
pub(super) fn is_json(essence: &str) -> bool {
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
