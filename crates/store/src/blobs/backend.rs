//! Differences between a folder and a bucket.

use std::{fmt, path::PathBuf};

use object_store::{aws::AmazonS3, path::Path as BlobPath};

use super::{
    error::BlobError,
    s3_error::{RequestTarget, system_error},
    settings::ArtifactAddress,
};

/// Where artifacts are stored.
#[derive(Clone)]
pub(super) enum Backend {
    Folder(PathBuf),
    Bucket { client: AmazonS3, name: String, prefix: BlobPath, endpoint: String },
}

impl Backend {
    /// Translates an error of the object store for operators.
    pub(super) fn to_error(&self, error: &object_store::Error) -> BlobError {
        match self {
            Self::Folder(path) => BlobError::Folder { path: path.clone(), source: system_error(error) },
            Self::Bucket { name, endpoint, .. } => RequestTarget { bucket: name, endpoint }.to_blob_error(error),
        }
    }

    /// Rejects an artifact that is not a regular file: opening a pipe or a device could block forever. Symbolic links
    /// are followed.
    pub(super) async fn require_regular_file(&self, sha256: &str) -> Result<(), BlobError> {
        let Self::Folder(folder) = self else { return Ok(()) };
        let path = folder.join(&sha256[..2]).join(sha256);
        let metadata = tokio::task::spawn_blocking(move || (std::fs::metadata(&path), path)).await;
        match metadata {
            Ok((Ok(metadata), path)) if !metadata.is_file() => Err(BlobError::NotAFile { path }),
            // Missing and unreadable files are reported by the read.
            Ok(_) => Ok(()),
            Err(panic) => Err(BlobError::Folder { path: folder.clone(), source: std::io::Error::other(panic) }),
        }
    }

    /// Returns the path of the artifact `sha256`: two levels, so that no folder has many thousands of entries.
    pub(super) fn path_of(&self, sha256: &str) -> BlobPath {
        let below = BlobPath::from_iter([&sha256[..2], sha256]);
        match self {
            Self::Folder(_) => below,
            Self::Bucket { prefix, .. } => prefix.parts().chain(below.parts()).collect(),
        }
    }
}

/// The address: `s3://bucket/prefix`, or the folder.
impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Bucket { name, prefix, .. } => {
                ArtifactAddress::S3 { bucket: name.clone(), prefix: prefix.to_string() }.fmt(f)
            }
        }
    }
}

/// Shows the address only: the client holds the keys.
impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backend({self})")
    }
}
