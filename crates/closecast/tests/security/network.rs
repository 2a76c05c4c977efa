//! Where the server listens.

use std::{
    io::{BufRead as _, Write as _},
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    command::command,
    server::Server,
    usual::{key, place, run},
};

#[test]
fn beyond_this_machine_it_listens_only_with_a_key_or_when_told_so() {
    let folder = place("");
    let refused = run(folder.path(), &["serve", "--host", "0.0.0.0", "--port", "0"]);
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(text.contains("closecast keys create") && text.contains("--allow-open"), "{text}");
    assert!(starts(folder.path(), &["--allow-open"]));
    key(folder.path(), "ana", "admin");
    assert!(starts(folder.path(), &[]));
}

/// Returns the status line of the answer to what is sent.
fn status_line(server: &Server, request: &str) -> String {
    let mut stream = server.connect();
    stream.write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    std::io::BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

#[test]
fn request_is_refused_when_it_names_no_host_or_several() {
    let folder = place("");
    let server = Server::start(folder.path());
    for (head, status) in [
        ("GET /livez HTTP/1.1\r\n", 400),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n", 400),
        ("GET /livez HTTP/1.1\r\nHost: a b\r\n", 400),
        ("GET /livez HTTP/1.1\r\nHost:\r\n", 400),
        ("GET / HTTP/1.1\r\n", 400),
        ("GET /nothing HTTP/1.1\r\n", 400),
        ("GET /api/symbols HTTP/1.0\r\n", 400),
        ("GET /livez HTTP/1.0\r\n", 200),
        ("GET /api/symbols HTTP/1.0\r\nHost: localhost\r\n", 200),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\n", 200),
    ] {
        let line = status_line(&server, &format!("{head}\r\n"));
        assert!(line.contains(&format!(" {status} ")), "{head:?}: {line}");
    }
}

/// Returns whether a server on all addresses begins to serve.
fn starts(folder: &std::path::Path, more: &[&str]) -> bool {
    let mut process = command(folder)
        .args(["serve", "--host", "0.0.0.0", "--port", "0"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(process.stdout.take().unwrap()), &mut line).unwrap();
    let begun = Instant::now();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    line.contains("Serving on http://0.0.0.0:")
}
