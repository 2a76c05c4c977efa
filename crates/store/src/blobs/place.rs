//! What a folder and a bucket do not have in common.

use std::{fmt, path::PathBuf};

use object_store::{aws::AmazonS3, path::Path as BlobPath};

use super::{
    error::BlobError,
    s3_error::{Asked, system_error},
    settings::ArtifactAddress,
};

/// The place of artifacts.
#[derive(Clone)]
pub(super) enum Place {
    Folder(PathBuf),
    Bucket { client: AmazonS3, name: String, prefix: BlobPath, endpoint: String },
}

impl Place {
    /// Returns what a failed request means for the person who set the place.
    pub(super) fn failure(&self, error: &object_store::Error) -> BlobError {
        match self {
            Self::Folder(path) => BlobError::Folder { path: path.clone(), source: system_error(error) },
            Self::Bucket { name, endpoint, .. } => Asked { bucket: name, endpoint }.meaning_of(error),
        }
    }

    /// Refuses an artifact of a folder that is no regular file: opening a pipe or a device could wait for good. Symbolic links are
    /// followed.
    pub(super) async fn require_regular_file(&self, sha256: &str) -> Result<(), BlobError> {
        let Self::Folder(folder) = self else { return Ok(()) };
        let path = folder.join(&sha256[..2]).join(sha256);
        let looked = tokio::task::spawn_blocking(move || (std::fs::metadata(&path), path)).await;
        match looked {
            Ok((Ok(metadata), path)) if !metadata.is_file() => Err(BlobError::NotAFile { path }),
            // What is missing or cannot be read is told by the reading.
            Ok(_) => Ok(()),
            Err(panic) => Err(BlobError::Folder { path: folder.clone(), source: std::io::Error::other(panic) }),
        }
    }

    /// Returns where the artifact `sha256` is: two levels, so that no folder grows to many thousands of entries.
    pub(super) fn path_of(&self, sha256: &str) -> BlobPath {
        let below = BlobPath::from_iter([&sha256[..2], sha256]);
        match self {
            Self::Folder(_) => below,
            Self::Bucket { prefix, .. } => prefix.parts().chain(below.parts()).collect(),
        }
    }
}

/// The address: `s3://bucket/prefix`, or the folder.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Bucket { name, prefix, .. } => {
                ArtifactAddress::S3 { bucket: name.clone(), prefix: prefix.to_string() }.fmt(f)
            }
        }
    }
}

/// The address alone: the client knows the keys.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}
