//! Artifacts to take away.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use closecast_store::StoreError;

use super::path::VersionPath;
use crate::state::ServerState;
use crate::{
    auth,
    buffers::Reserved,
    etag,
    problem::{Problem, ProblemBody},
    queue::By,
};
use closecast_app::error::AppError;

/// Bytes of an artifact that count as one more request of the caller's allowance.
const BYTES_PER_UNIT: u64 = 1 << 20;

/// Header with the SHA-256 of the artifact.
const SHA256: HeaderName = HeaderName::from_static("x-checksum-sha256");

/// Returns the artifact of a version: weights, scaler and card, verified against its hash. Numbers and JSON: reading it runs nothing.
#[utoipa::path(get, path = "/api/models/{name}/versions/{version}/artifact", tag = "models",
    params(
        ("name" = String, Path, description = "Name of the model", example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$"),
        ("version" = u64, Path, description = "Number of the version", example = 1, minimum = 1),
    ),
    responses(
        (status = 200, description = "The artifact", body = Vec<u8>, content_type = "application/octet-stream", headers(
            ("x-checksum-sha256" = String, description = "SHA-256 of the bytes, in hexadecimal digits"),
            ("content-disposition" = String, description = "A name for the file"),
        )),
        (status = 304, description = "The client has it"),
        (status = 404, description = "There is no such version", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn download(
    State(app): State<ServerState>,
    VersionPath { name, version }: VersionPath,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    super::known(&app, &name).await?;
    let found = app.store.models().version(&name, version).await.map_err(AppError::from)?;
    let missing = || StoreError::NoVersion { name: name.clone(), version };
    let found = found.ok_or_else(missing).map_err(AppError::from)?;
    let size = found.size_bytes;
    auth::charge(&app, by.as_deref(), usize::try_from(size / BYTES_PER_UNIT).unwrap_or(usize::MAX))?;
    let busy = || Problem::busy("other artifacts are being sent, and take the memory for that: ask again in a moment");
    let reserved = app.admission.downloads.reserve_whole(size).ok_or_else(busy)?;
    let artifact = app.store.models().artifact(&found).await.map_err(AppError::from)?;
    let etag = format!("\"{}\"", found.sha256);
    let mut response = etag::respond(artifact, &etag, "application/octet-stream", &headers);
    // The characters of a name are harmless in a header and in the name of a file.
    let disposition = format!("attachment; filename=\"{name}-v{version}.closecast\"");
    for (header, text) in [(SHA256, &found.sha256), (header::CONTENT_DISPOSITION, &disposition)] {
        if let Ok(value) = HeaderValue::from_str(text) {
            response.headers_mut().insert(header, value);
        }
    }
    response.extensions_mut().insert(Reserved(Arc::new(reserved)));
    Ok(response)
}
