//! A stream that comes in small pieces, as an upload does.

use std::io::{self, Read};

/// Reads from memory, a few bytes at a time: more and fewer in turn, so that lines and characters are cut everywhere.
pub struct Trickle<'a> {
    rest: &'a [u8],
    piece: usize,
}

impl<'a> Trickle<'a> {
    /// Returns a stream of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, piece: 0 }
    }
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.piece = self.piece % 13 + 1;
        let length = self.piece.min(self.rest.len()).min(buffer.len());
        let (now, later) = self.rest.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.rest = later;
        Ok(length)
    }
}
