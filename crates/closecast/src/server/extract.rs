//! What handlers take, with refusals that name the field and speak to the client.

use axum::{
    body::Body,
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
            Problem::invalid(format!("query: {reason}"))
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
        read_json(&read_body(request, state).await?).map(Self)
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
    let mut chunks = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let broken = |error| Problem::new(StatusCode::BAD_REQUEST, format!("the body breaks off: {error}"));
        let chunk = chunk.map_err(broken)?;
        if (whole.len() + chunk.len()) as u64 > limit {
            let detail = format!("the body is larger than {limit} bytes");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Reads JSON; what is wrong is told with the path of the field.
pub(super) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        Problem::invalid(if path == "." { format!("body: {reason}") } else { format!("{path}: {reason}") })
    })?;
    deserializer.end().map_err(|error| Problem::invalid(format!("body: {error}")))?;
    Ok(read)
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
