//! Reads an artifact while hashing it.

use bytes::BytesMut;
use futures_util::TryStreamExt;
use object_store::GetResult;
use sha2::{Digest, Sha256};

use super::sha256::hexadecimal;

/// Capacity reserved for an artifact at first, whatever size the storage reports.
const INITIAL_CAPACITY: usize = 1 << 20;

/// Reads `found` into `buffer` and returns the SHA-256 of its bytes; if there are more than `max_bytes`, their number
/// so far. The size that the storage reports is not trusted.
pub(super) async fn read_and_hash(
    found: GetResult,
    max_bytes: u64,
    mut buffer: Option<&mut BytesMut>,
) -> Result<Result<String, u64>, object_store::Error> {
    let announced = usize::try_from(found.meta.size.min(max_bytes)).unwrap_or(usize::MAX);
    if let Some(bytes) = &mut buffer {
        bytes.reserve(announced.min(INITIAL_CAPACITY));
    }
    let (mut size, mut hash) = (0, Sha256::new());
    let mut pieces = found.into_stream();
    while let Some(piece) = pieces.try_next().await? {
        size += piece.len() as u64;
        if size > max_bytes {
            return Ok(Err(size));
        }
        hash.update(&piece);
        if let Some(bytes) = &mut buffer {
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(Ok(hexadecimal(&hash.finalize())))
}
