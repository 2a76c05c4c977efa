//! Callers who take more than their share: what they get, and what it costs the server.

use std::{
    fs,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use axum::{body::Body, http::Request};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::{
    server::Server,
    usual::{key, place},
};

/// Settings of a server that this machine's requests reach as if through a proxy.
const PROXIED: &str = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n[server.limits]\n";

#[test]
fn open_routes_return_429_when_an_address_asks_too_often() {
    let folder = place(&format!("{PROXIED}open_per_second = 2"));
    key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    let routes = [
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/static/app.css"),
        ("GET", "/livez"),
        ("GET", "/nowhere"),
        ("PUT", "/livez"),
        ("OPTIONS", "/train"),
    ];
    for (number, (method, path)) in routes.into_iter().enumerate() {
        let from = format!("203.0.113.{number}");
        let headers = [("X-Forwarded-For", &*from), ("X-API-Key", "closecast_wrong")];
        let statuses: Vec<u16> = (0..8).map(|_| server.send(method, path, &headers, "").status).collect();
        assert!(statuses[0] != 429 && statuses.contains(&429), "{method} {path}: {statuses:?}");
    }
    assert_eq!(server.send("GET", "/livez", &[("X-Forwarded-For", "198.51.100.1")], "").status, 200);
}

#[test]
fn too_long_path_counts_as_a_request() {
    let folder = place(&format!("{PROXIED}address_per_second = 2"));
    key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    let (path, from) = (format!("/api/stocks/{}", "a".repeat(4000)), [("X-Forwarded-For", "203.0.113.1")]);
    let statuses: Vec<u16> = (0..8).map(|_| server.send("GET", &path, &from, "").status).collect();
    assert!(statuses[0] == 414 && statuses.contains(&429), "{statuses:?}");
}

#[test]
fn access_log_keeps_the_beginning_of_a_long_path() {
    let folder = place("");
    let server = Server::start(folder.path());
    for _ in 0..5 {
        assert_eq!(server.send("GET", &format!("/{}", "a".repeat(25_000)), &[], "").status, 404);
    }
    std::thread::sleep(Duration::from_millis(600));
    let logs = fs::read_dir(folder.path().join("data/logs")).unwrap().map(|entry| entry.unwrap().path());
    let access = logs.into_iter().find(|path| path.to_str().unwrap().contains("access")).unwrap();
    let text = fs::read_to_string(access).unwrap();
    assert!(text.lines().count() >= 5 && text.len() < 5000, "{} bytes", text.len());
}

#[test]
fn batch_takes_as_much_of_the_allowance_as_its_symbols_cost() {
    let folder = place("[server.limits]\nkey_per_second = 10");
    key(folder.path(), "root", "admin");
    let key = key(folder.path(), "ana", "viewer");
    let server = Server::start(folder.path());
    let body = serde_json::json!({ "symbols": vec!["AAPL"; 400] }).to_string();
    assert_eq!(server.post("/api/predictions/batch", &key, &body).status, 200);
    let second = server.post("/api/predictions/batch", &key, &body);
    assert!(second.problem(429).contains("too many requests"));
}

/// Returns the settings that the server sends first on a connection of HTTP/2, by number.
fn http2_settings(server: &Server) -> Vec<(u16, u32)> {
    let mut stream = server.connect();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    let mut payload = vec![0; usize::from(head[2]) + 256 * usize::from(head[1])];
    stream.read_exact(&mut payload).unwrap();
    let setting =
        |six: &[u8]| (u16::from_be_bytes([six[0], six[1]]), u32::from_be_bytes([six[2], six[3], six[4], six[5]]));
    payload.chunks_exact(6).map(setting).collect()
}

#[test]
fn http2_connection_has_few_streams_and_small_windows() {
    let folder = place("[server.limits]\nstreams = 7");
    let settings = http2_settings(&Server::start(folder.path()));
    // RFC 9113, 6.5.2: SETTINGS_MAX_CONCURRENT_STREAMS and SETTINGS_INITIAL_WINDOW_SIZE.
    let value = |number| settings.iter().find(|setting| setting.0 == number).unwrap().1;
    assert_eq!(value(3), 7);
    assert!(value(4) <= 65_536);
}

/// Resident memory of the server, in bytes.
#[cfg(target_os = "linux")]
fn resident(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    1024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
}

/// 16 connections of 32 streams took 80 MB of encoders when each response was compressed for itself.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn unread_responses_take_little_memory_when_http2_clients_open_no_window() {
    let folder = place("");
    key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    assert_eq!(server.send("GET", "/openapi.json", &[("Accept-Encoding", "gzip")], "").status, 200);
    let before = resident(&server);
    let mut open = Vec::new();
    for path in ["/openapi.json", "/static/plotly.min.js", "/docs", "/"].into_iter().cycle().take(16) {
        let stream = tokio::net::TcpStream::connect(&server.address).await.unwrap();
        let mut client = http2::Builder::new(TokioExecutor::new());
        client.initial_stream_window_size(0);
        let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..32 {
            let request = Request::get(format!("http://{}{path}", server.address)).header("accept-encoding", "gzip");
            sender.ready().await.unwrap();
            let response = sender.send_request(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status().as_u16(), 200);
            open.push(response);
        }
        std::mem::forget(sender);
    }
    let grown = resident(&server).saturating_sub(before);
    assert_eq!(open.len(), 512);
    assert!(grown < 30_000_000, "{grown} bytes");
}

/// How requests ended that began before and after the stop signal.
#[derive(Debug, Default)]
struct Outcomes {
    answered: AtomicUsize,
    refused: AtomicUsize,
    /// The connection was made, and no answer came.
    broken: AtomicUsize,
}

impl Outcomes {
    /// Sends requests on connections of their own until no connection is taken any more.
    fn ask_until_refused(&self, address: &str) {
        loop {
            let stream = match TcpStream::connect(address) {
                Ok(stream) => stream,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    return;
                }
            };
            let counted = if is_answered(stream) { &self.answered } else { &self.broken };
            counted.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn is_answered(mut stream: TcpStream) -> bool {
    let request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    let read = stream.write_all(request).and_then(|()| stream.read_to_string(&mut answer));
    read.is_ok() && answer.starts_with("HTTP/1.1 200")
}

/// Between the last connection that is taken and the end of the listener lies a moment in which the system may take one more.
const UNLUCKY: usize = 1;

#[test]
fn requests_are_answered_or_refused_when_the_server_is_told_to_stop() {
    let folder = place("");
    let mut server = Server::start(folder.path());
    let (outcomes, keeps) = (Outcomes::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| outcomes.ask_until_refused(&server.address));
        }
        // A keep-alive client receives `Connection: close` before the server closes the connection.
        scope.spawn(|| {
            let mut stream = server.connect();
            while !keeps.load(Ordering::Relaxed) {
                stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
                let mut answer = [0; 4096];
                let read = stream.read(&mut answer).unwrap();
                let answer = String::from_utf8_lossy(&answer[..read]).to_ascii_lowercase();
                assert!(answer.starts_with("http/1.1 200"), "{answer}");
                keeps.store(answer.contains("connection: close"), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        std::thread::sleep(Duration::from_millis(500));
        let stop = std::process::Command::new("kill").arg(server.process.id().to_string()).status().unwrap();
        assert!(stop.success());
    });
    assert!(server.process.wait().unwrap().success());
    let [answered, refused, broken] =
        [&outcomes.answered, &outcomes.refused, &outcomes.broken].map(|count| count.load(Ordering::Relaxed));
    assert!(answered > 100 && refused == 8 && broken <= UNLUCKY, "{outcomes:?}");
}
