//! What goes wrong with the place of the artifacts, worded for the person who set it.

use std::{io, path::PathBuf};

/// What can be wrong with the place of the artifacts.
///
/// It keeps no error of the client: a server that refuses a signature repeats the request, session token included.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// A setting is missing or cannot be used; the text says which one, and what to write.
    #[error("{0}")]
    Setting(String),
    /// The folder cannot be made, read or written.
    #[error(
        "the artifact folder {path:?} cannot be used: {source}. Make room or give access, or choose another with \
         --artifacts-url or CLOSECAST_ARTIFACTS_URL"
    )]
    Folder {
        /// The folder, or what in it could not be used.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A pipe, a device or a folder stands where an artifact should be.
    #[error(
        "the artifact {path:?} is not a regular file: remove it, then restore the artifact from a backup or train the model again"
    )]
    NotAFile {
        /// Where it is.
        path: PathBuf,
    },
    /// There is no such bucket.
    #[error("there is no bucket {bucket:?} at {endpoint}: make it, or name another in CLOSECAST_ARTIFACTS_URL")]
    NoBucket {
        /// Name of the bucket.
        bucket: String,
        /// Server asked.
        endpoint: String,
    },
    /// The server does not know the keys, or they are wrong or have expired.
    #[error(
        "{endpoint} does not accept the keys ({reason}): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and \
         AWS_SESSION_TOKEN, which belongs to temporary keys only"
    )]
    Keys {
        /// Server asked.
        endpoint: String,
        /// Its answer.
        reason: String,
    },
    /// The keys are good, but not for this.
    #[error(
        "{endpoint} does not allow this in the bucket {bucket:?} ({reason}): check AWS_ACCESS_KEY_ID, and give that key the \
         rights s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject"
    )]
    Denied {
        /// Name of the bucket.
        bucket: String,
        /// Server asked.
        endpoint: String,
        /// Its answer.
        reason: String,
    },
    /// The bucket is in another region than asked.
    #[error("the bucket {bucket:?} is not in the region asked ({reason}): set AWS_REGION to the region of the bucket")]
    Region {
        /// Name of the bucket.
        bucket: String,
        /// Answer of the server.
        reason: String,
    },
    /// The server did not answer.
    #[error("the artifact server {endpoint} does not answer ({reason}): check AWS_ENDPOINT_URL, and that it runs")]
    Unreachable {
        /// Server asked.
        endpoint: String,
        /// What the network said.
        reason: String,
    },
    /// Anything else.
    #[error("the artifacts in {place}: {reason}")]
    Failed {
        /// Address of the artifacts.
        place: String,
        /// What was said.
        reason: String,
    },
}

impl BlobError {
    /// Returns whether the same may work later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Failed { .. })
    }
}
