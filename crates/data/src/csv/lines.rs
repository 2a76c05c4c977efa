//! Decodes bytes into lines, with limits on the length of a line and of the stream.

use std::io::{ErrorKind, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};

use crate::import::ImportError;

/// Detects the encoding of a stream: by a byte order mark, else UTF-8 if valid, else Windows-1252 (the superset of
/// Latin-1 that spreadsheets write).
pub(super) fn encoding_of(head: &[u8], complete: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    match std::str::from_utf8(head) {
        Ok(_) => UTF_8,
        // Only the last character is incomplete, at the end of the head.
        Err(error) if !complete && error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

/// Returns the line terminator: old Mac spreadsheets use a carriage return alone.
pub(super) fn line_end_of(text: &str) -> char {
    if !text.contains('\n') && text.contains('\r') { '\r' } else { '\n' }
}

/// Reads lines of text from bytes.
pub(super) struct LineReader<R> {
    source: R,
    decoder: Decoder,
    line_end: char,
    chunk: Vec<u8>,
    text: String,
    start: usize,
    ended: bool,
    bytes_read: u64,
    lines_read: usize,
    max_line: usize,
    max_bytes: u64,
}

impl<R: Read> LineReader<R> {
    const CHUNK: usize = 64 << 10;

    pub(super) fn new(source: R, encoding: &'static Encoding, line_end: char, max_line: usize, max_bytes: u64) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder(),
            line_end,
            chunk: vec![0; Self::CHUNK],
            text: String::new(),
            start: 0,
            ended: false,
            bytes_read: 0,
            lines_read: 0,
            max_line,
            max_bytes,
        }
    }

    /// Returns the next line without its terminator, and its number, counted from 1.
    pub(super) fn next_line(&mut self) -> Result<Option<(usize, &str)>, ImportError> {
        let end = loop {
            if let Some(length) = self.text[self.start..].find(self.line_end) {
                break self.start + length;
            }
            if self.text.len() - self.start > self.max_line {
                return Err(ImportError::LineTooLong { line: self.lines_read + 1, limit: self.max_line });
            }
            if self.ended {
                break self.text.len();
            }
            self.fill()?;
        };
        if end == self.text.len() && self.start == end {
            return Ok(None);
        }
        let line = self.start..end;
        self.start = (end + 1).min(self.text.len());
        self.lines_read += 1;
        Ok(Some((self.lines_read, self.text[line].trim_end_matches('\r'))))
    }

    fn fill(&mut self) -> Result<(), ImportError> {
        self.text.drain(..self.start);
        self.start = 0;
        let length = loop {
            match self.source.read(&mut self.chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result.map_err(ImportError::Read)?,
            }
        };
        self.ended = length == 0;
        self.bytes_read += length as u64;
        if self.bytes_read > self.max_bytes {
            return Err(ImportError::TooLarge { limit: self.max_bytes });
        }
        let bytes = &self.chunk[..length];
        // The decoder does not allocate, so capacity is reserved here.
        self.text.reserve(self.decoder.max_utf8_buffer_length(length).unwrap_or(3 * Self::CHUNK));
        let _ = self.decoder.decode_to_string(bytes, &mut self.text, self.ended);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let encoding = encoding_of(bytes, true);
        let line_end = line_end_of(&encoding.decode(bytes).0);
        let mut reader = LineReader::new(bytes, encoding, line_end, 100, 1000);
        let mut lines = Vec::new();
        while let Some((number, line)) = reader.next_line().unwrap() {
            assert_eq!(number, lines.len() + 1);
            lines.push(line.to_owned());
        }
        lines
    }

    #[test]
    fn next_line_accepts_all_line_ends() {
        for text in ["a\nb\n", "a\nb", "a\r\nb\r\n", "a\rb\r", "a\rb"] {
            assert_eq!(lines(text.as_bytes()), ["a", "b"], "{text:?}");
        }
        assert_eq!(lines(b"a\n\nb\n"), ["a", "", "b"]);
    }

    #[test]
    fn next_line_decodes_all_encodings() {
        assert_eq!(lines("Último".as_bytes()), ["Último"]);
        assert_eq!(lines("\u{feff}Último".as_bytes()), ["Último"]);
        assert_eq!(lines(b"\xdaltimo"), ["Último"]);
        let utf16 = |to_bytes: fn(u16) -> [u8; 2]| "\u{feff}Ú\nb".encode_utf16().flat_map(to_bytes).collect::<Vec<_>>();
        assert_eq!(lines(&utf16(u16::to_le_bytes)), ["Ú", "b"]);
        assert_eq!(lines(&utf16(u16::to_be_bytes)), ["Ú", "b"]);
    }

    #[test]
    fn next_line_limits_line_and_stream_length() {
        let endless = std::io::repeat(b'a');
        let mut reader = LineReader::new(endless, UTF_8, '\n', 100, u64::MAX);
        assert!(matches!(reader.next_line(), Err(ImportError::LineTooLong { line: 1, limit: 100 })));
        let endless = std::io::repeat(b'\n');
        let mut reader = LineReader::new(endless, UTF_8, '\n', 100, 1 << 20);
        let error = loop {
            if let Err(error) = reader.next_line() {
                break error;
            }
        };
        assert!(matches!(error, ImportError::TooLarge { .. }));
    }
}
