//! What a key looks like, and what is kept of it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::error::AppError;

/// How every key begins, so that programs which look for lost secrets know one.
const PREFIX: &str = "closecast_";

/// Random bytes of a key: nobody guesses that many, so that a fast hash will do.
const RANDOM_BYTES: usize = 32;

/// A key as its owner has it. It is shown once and kept nowhere.
pub struct Key(String);

impl Key {
    /// Returns a new key.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the operating system gives no random bytes.
    pub fn random() -> Result<Self, AppError> {
        let mut bytes = [0_u8; RANDOM_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| AppError::Internal(format!("no random bytes: {error}")))?;
        Ok(Self(format!("{PREFIX}{}", hexadecimal(&bytes))))
    }

    /// Returns `text` as a key; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
        let is_one = random.len() == 2 * RANDOM_BYTES
            && random.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        is_one.then(|| Self(text.to_owned()))
    }

    /// Returns the key itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns what is kept in its place.
    pub fn hash(&self) -> String {
        hexadecimal(&Sha256::digest(self.0.as_bytes()))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_are_known_again() {
        let (one, other) = (Key::random().unwrap(), Key::random().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(Key::parse(one.reveal()).unwrap().hash(), one.hash());
        assert_ne!(one.hash(), other.hash());
        assert!(!one.hash().contains(&one.reveal()[PREFIX.len()..]));
    }

    #[test]
    fn the_hash_is_sha256_of_the_whole_key() {
        let key = Key::parse(&format!("{PREFIX}{}", "0".repeat(64))).unwrap();
        // printf closecast_000… | sha256sum
        assert_eq!(key.hash(), "474fb77d8be7ed2c89f7a7af8b2897c3b10eade4d71cfc91b0b33de5f60c0c58");
    }

    #[test]
    fn what_cannot_be_a_key_is_none() {
        let zeros = "0".repeat(64);
        for text in ["", "closecast_", &zeros, &format!("closecast_{zeros}0"), &format!("closecast_{}G", &zeros[1..])] {
            assert!(Key::parse(text).is_none(), "{text}");
        }
    }
}
