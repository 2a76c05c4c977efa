//! A client of HTTP that sends whatever it is told to, and answers taken apart.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::Value;

use crate::server::Server;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Returns the body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body, which must be JSON and say so.
    pub(crate) fn json(&self) -> Value {
        assert!(self.header("content-type").is_some_and(|of| of.contains("json")), "{}\n{}", self.head, self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Returns whether nothing more is to come. An answer that does not tell its length comes to its end with its connection.
    fn is_whole(&self) -> bool {
        let length = self.header("content-length").and_then(|length| length.parse().ok());
        self.status == 101 || length.is_some_and(|length: usize| self.body.len() >= length)
    }
}

impl Server {
    /// Sends a request and returns the answer. Unless `headers` say otherwise, it is one to a name of this machine, the last of its
    /// connection, and with its whole body.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let (mut stream, body) = (self.connect(), body.as_ref());
        let length = body.len().to_string();
        let usual = [("Host", "localhost"), ("Connection", "close"), ("Content-Length", &length)];
        let usual = usual.iter().filter(|(name, _)| headers.iter().all(|(given, _)| !given.eq_ignore_ascii_case(name)));
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        usual.chain(headers).for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        // A server that refuses a body does not read it to the end.
        let _may_break = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(b"\r\n"));
        let _may_break = stream.write_all(body);
        receive(&mut stream).unwrap_or_else(|| panic!("{method} {path}: no answer"))
    }
}

/// Returns the answer that comes; `None` when none does, or not with its whole head.
fn receive(stream: &mut TcpStream) -> Option<Answer> {
    let (mut received, mut piece) = (Vec::new(), [0; 64 * 1024]);
    while !answer_in(&received).is_some_and(|answer| answer.is_whole())
        && let Ok(read @ 1..) = stream.read(&mut piece)
    {
        received.extend_from_slice(&piece[..read]);
    }
    let answer = answer_in(&received)?;
    let in_chunks = answer.header("transfer-encoding") == Some("chunked");
    Some(if in_chunks { Answer { body: whole(&answer.body), ..answer } } else { answer })
}

/// Returns as much of an answer as is there, if its head is.
fn answer_in(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(received[..end].to_vec()).unwrap().to_ascii_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(Answer { status, head, body: received[end + 4..].to_vec() })
}

/// Puts together a body that comes in chunks, each with its length before it.
fn whole(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        chunks = &chunks[end + 2..];
        if length == 0 {
            break;
        }
        body.extend_from_slice(&chunks[..length]);
        chunks = &chunks[length + 2..];
    }
    body
}
