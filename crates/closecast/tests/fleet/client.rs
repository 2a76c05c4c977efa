//! A client of the API.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

/// Longer than the server takes for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Everything before the body, in small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Returns the body of an answer that must have `status`.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// A request that has been sent and not been answered yet.
pub(crate) struct Asked(TcpStream);

impl Asked {
    /// Sends a request.
    ///
    /// # Errors
    /// When the server does not take it.
    pub(crate) fn send(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        write!(stream, "{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")?;
        Ok(Self(stream))
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// When the connection ends without one.
    pub(crate) fn answer(mut self) -> std::io::Result<Answer> {
        let mut text = String::new();
        self.0.read_to_string(&mut text)?;
        let cut = || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, format!("no whole answer: {text:?}"));
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
        Ok(Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() })
    }
}

/// Asks and waits for the answer.
///
/// # Errors
/// When there is none.
pub(crate) fn ask(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
    Asked::send(address, method, path, body)?.answer()
}
