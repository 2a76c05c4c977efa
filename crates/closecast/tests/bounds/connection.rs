//! Does what an action says, and keeps the connections of those who stall.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::{
    action::{Action, Part, Reading},
    frames,
    routes::Route,
    server::Server,
};

/// How long a caller waits for room to send, or for something to read.
const PATIENCE: Duration = Duration::from_millis(100);

/// Most that a caller reads of an answer.
const MOST_READ: usize = 4_000_000;

/// Length of an address that is almost as long as the server reads one.
const LONG_PATH: usize = 60_000;

/// Callers of one server.
pub(crate) struct Callers<'a> {
    pub(crate) server: &'a Server,
    pub(crate) routes: &'a [Route],
    /// Connections that are left open.
    pub(crate) open: Vec<TcpStream>,
}

impl Callers<'_> {
    /// Lets a caller do something. What the server refuses is no error.
    pub(crate) fn act(&mut self, caller: usize, action: &Action) {
        let address = format!("203.0.113.{}", caller + 1);
        let (bytes, reading) = self.bytes(&address, action);
        let mut stream = self.server.connect();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let _may_be_refused = stream.write_all(&bytes);
        match reading {
            Reading::Reads => read(&mut stream),
            Reading::Stalls => self.open.push(stream),
            Reading::HangsUp => drop(stream),
        }
    }

    /// Returns what an action sends.
    fn bytes(&self, address: &str, action: &Action) -> (Vec<u8>, Reading) {
        match action {
            Action::Http1 { route, value, gzip, key, part, times, reading } => {
                let route = route.get(self.routes);
                let more = key.as_ref().map(|key| format!("X-API-Key: {key}\r\n")).unwrap_or_default();
                let gzip = if *gzip { "Accept-Encoding: gzip\r\n" } else { "" };
                let request =
                    http1(&route.method, &route.path(value), &format!("{}{more}{gzip}", from(address)), *part);
                // A long request is not sent so often that the test waits for it.
                let times = (*times).min(8_000_000 / request.len()).max(1);
                (request.repeat(times), *reading)
            }
            Action::Http2 { route, value, gzip, streams, window, resets, is_whole, reading } => {
                let route = route.get(self.routes);
                let mut headers = vec![("x-forwarded-for", address)];
                headers.extend(gzip.then_some(("accept-encoding", "gzip")));
                // One frame of headers has 16 KB at most.
                let path = route.path(&value[..value.len().min(8_000)]);
                let mut bytes = [frames::PREFACE, &frames::settings(*window)].concat();
                for stream in (0..*streams).map(|number| 2 * number + 1) {
                    bytes.extend(frames::request(stream, &route.method, &path, &headers, *is_whole));
                    bytes.extend(if *resets { frames::reset(stream) } else { frames::window_update(stream, 1) });
                }
                (bytes, *reading)
            }
            Action::Flood { bytes } => {
                let path = format!("/nowhere/{}", "a".repeat(LONG_PATH));
                let request = http1("GET", &path, &from(address), Part::Whole { body: 0 });
                (request.repeat(bytes / request.len()), Reading::Reads)
            }
            Action::LongHead { bytes } => {
                let head =
                    format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{}X: {}", from(address), "a".repeat(*bytes));
                (head.into_bytes(), Reading::Stalls)
            }
            Action::HalfPreface { bytes } => (frames::PREFACE[..*bytes].to_vec(), Reading::Stalls),
            Action::WebSocket { reading } => {
                let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                               Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
                (http1("GET", "/ws", &format!("{}{upgrade}", from(address)), Part::Whole { body: 0 }), *reading)
            }
        }
    }
}

fn from(address: &str) -> String {
    format!("X-Forwarded-For: {address}\r\n")
}

fn http1(method: &str, path: &str, headers: &str, part: Part) -> Vec<u8> {
    let (length, sent) = match part {
        Part::Whole { body } => (body, body),
        Part::HalfHead { .. } => (0, 0),
        Part::HalfBody { announced } => (announced, 0),
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    let mut bytes = head.into_bytes();
    if let Part::HalfHead { missing } = part {
        bytes.truncate(bytes.len().saturating_sub(missing));
    }
    bytes.resize(bytes.len() + sent, b'1');
    bytes
}

fn read(stream: &mut TcpStream) {
    let (mut piece, mut all) = (vec![0; 64 * 1024], 0);
    while all < MOST_READ
        && let Ok(read @ 1..) = stream.read(&mut piece)
    {
        all += read;
    }
}
