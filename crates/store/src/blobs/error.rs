//! Errors of the artifact storage, worded for operators.

use std::{io, path::PathBuf};

/// Errors of the artifact storage.
///
/// It contains no error of the client: a server that rejects a signature repeats the request, session token included.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// A setting is missing or invalid; the text names it and a valid value.
    #[error("{0}")]
    Setting(String),
    /// The folder cannot be created, read or written.
    #[error(
        "the artifact folder {path:?} cannot be used: {source}. Make room or give access, or choose another with \
         --artifacts-url or CLOSECAST_ARTIFACTS_URL"
    )]
    Folder {
        /// The folder, or the path in it that failed.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A pipe, a device or a folder is in place of an artifact.
    #[error(
        "the artifact {path:?} is not a regular file: remove it, then restore the artifact from a backup or train the model again"
    )]
    NotAFile {
        /// Its path.
        path: PathBuf,
    },
    /// The bucket does not exist.
    #[error("there is no bucket {bucket:?} at {endpoint}: create it, or name another in CLOSECAST_ARTIFACTS_URL")]
    NoBucket {
        /// Name of the bucket.
        bucket: String,
        /// Address of the server.
        endpoint: String,
    },
    /// The server rejects the keys: they are unknown, wrong or expired.
    #[error(
        "{endpoint} does not accept the keys ({reason}): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and \
         AWS_SESSION_TOKEN, which belongs to temporary keys only"
    )]
    Keys {
        /// Address of the server.
        endpoint: String,
        /// Response of the server.
        reason: String,
    },
    /// The keys do not permit this operation.
    #[error(
        "{endpoint} does not allow this in the bucket {bucket:?} ({reason}): check AWS_ACCESS_KEY_ID, and give that key the \
         rights s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject"
    )]
    Denied {
        /// Name of the bucket.
        bucket: String,
        /// Address of the server.
        endpoint: String,
        /// Response of the server.
        reason: String,
    },
    /// The bucket is in another region than the configured one.
    #[error(
        "the bucket {bucket:?} is not in the configured region ({reason}): set AWS_REGION to the region of the bucket"
    )]
    Region {
        /// Name of the bucket.
        bucket: String,
        /// Response of the server.
        reason: String,
    },
    /// The server does not respond.
    #[error("the artifact server {endpoint} does not respond ({reason}): check AWS_ENDPOINT_URL, and that it runs")]
    Unreachable {
        /// Address of the server.
        endpoint: String,
        /// Cause.
        reason: String,
    },
    /// Anything else.
    #[error("the artifacts in {location}: {reason}")]
    Failed {
        /// Address of the artifacts.
        location: String,
        /// Cause.
        reason: String,
    },
}

impl BlobError {
    /// Returns whether the operation may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Failed { .. })
    }
}
