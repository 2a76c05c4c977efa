//! Fingerprint of the prices that a model is trained on.

use std::fmt::Write as _;

use closecast_domain::History;
use sha2::{Digest, Sha256};

/// Returns the SHA-256 (hexadecimal) of the symbol, dates and prices of `history`.
#[must_use]
pub fn fingerprint(history: &History) -> String {
    let mut hash = Sha256::new();
    hash.update(history.symbol().as_str());
    for bar in history.bars() {
        hash.update(bar.date.to_string());
        for price in [bar.open, bar.high, bar.low, bar.close, bar.raw_close, bar.volume] {
            hash.update(price.to_le_bytes());
        }
    }
    hex(&hash.finalize())
}

/// Returns `bytes` as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
