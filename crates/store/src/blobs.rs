//! Artifacts ("blobs"): bytes stored under their SHA-256, in a folder or an S3 bucket.

mod backend;
mod blob;
mod bucket;
mod error;
mod garbage;
mod listing;
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
    store::{Blobs, MAX_ARTIFACT_BYTES},
};
