//! Reading an artifact piece by piece.

use bytes::BytesMut;
use futures_util::TryStreamExt;
use object_store::GetResult;
use sha2::{Digest, Sha256};

use super::sha256::hexadecimal;

/// Reserved at once for an artifact, whatever its size is said to be.
const RESERVED: usize = 1 << 20;

/// Reads `found` into `kept` and returns the SHA-256 of its bytes, or how many there are at least when they are more than `most`. What
/// the place says about the size is not relied on.
pub(super) async fn collect(
    found: GetResult,
    most: u64,
    mut kept: Option<&mut BytesMut>,
) -> Result<Result<String, u64>, object_store::Error> {
    let announced = usize::try_from(found.meta.size.min(most)).unwrap_or(usize::MAX);
    if let Some(bytes) = &mut kept {
        bytes.reserve(announced.min(RESERVED));
    }
    let (mut size, mut hash) = (0, Sha256::new());
    let mut pieces = found.into_stream();
    while let Some(piece) = pieces.try_next().await? {
        size += piece.len() as u64;
        if size > most {
            return Ok(Err(size));
        }
        hash.update(&piece);
        if let Some(bytes) = &mut kept {
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(Ok(hexadecimal(&hash.finalize())))
}
