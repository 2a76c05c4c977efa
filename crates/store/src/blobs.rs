//! Artifacts: bytes under the name of their own SHA-256, in a folder or in a bucket.

mod blob;
mod bucket;
mod error;
mod garbage;
mod listing;
mod place;
mod read;
mod s3_error;
mod settings;
mod sha256;
mod store;

pub(crate) use self::sha256::sha256_hex;
pub use self::{
    blob::{BlobRef, StoredBlob},
    error::BlobError,
    garbage::Garbage,
    listing::BlobPages,
    settings::{ArtifactAddress, ArtifactSettings, S3Settings, Secret},
    store::{Blobs, LARGEST_ARTIFACT},
};
