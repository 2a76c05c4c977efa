//! What a caller may take.

use std::io::{Read, Write};

use crate::{
    server::Server,
    usual::{key, place, run},
};

#[test]
fn each_address_and_each_key_has_an_allowance() {
    let folder = place(
        "[server]\npublic_read = true\ntrusted_proxies = [\"127.0.0.1\"]\n[server.limits]\naddress_per_second = 2\nkey_per_second = 3",
    );
    let key = key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    let from = |address: &str, headers: &[(&str, &str)]| {
        server.send("GET", "/api/symbols", &[&[("X-Forwarded-For", address)], headers].concat(), "")
    };
    let answers: Vec<_> = (0..12).map(|_| from("203.0.113.1", &[])).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.problem(429).contains("ask again later"));
    assert_eq!(from("203.0.113.2", &[]).status, 200, "others are not refused");
    assert_eq!(server.send("GET", "/livez", &[("X-Forwarded-For", "203.0.113.1")], "").status, 200);
    let with_key: Vec<u16> = (0..20).map(|n| from(&format!("203.0.113.{n}"), &[("X-API-Key", &key)]).status).collect();
    assert!(with_key.contains(&429), "wherever a key is used, it is one: {with_key:?}");
}

/// The largest batch of inference costs three requests: a client that sends one each second is not slowed down.
#[test]
fn inference_of_64_windows_counts_as_three_requests() {
    let folder = place("[server.limits]\nkey_per_second = 4");
    let key = key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    let values = vec!["100.5"; 64 * 70].join(",");
    let close = format!(r#"{{"name": "close", "shape": [64, 70], "datatype": "FP64", "data": [{values}]}}"#);
    let body = format!(r#"{{"inputs": [{close}]}}"#);
    // Eight may come at once.
    let statuses = [(); 2].map(|()| server.post("/v2/models/BASE/infer", &key, &body).status);
    assert_eq!(statuses, [200, 200]);
}

#[test]
fn who_tries_keys_is_soon_told_to_wait() {
    let folder = place("[server]\ntrusted_proxies = [\"127.0.0.1\"]\n[server.limits]\naddress_per_second = 2");
    key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    let statuses: Vec<u16> = (0..12)
        .map(|n| {
            let guess = [("X-Forwarded-For", "203.0.113.1"), ("X-API-Key", &format!("closecast_{n:064x}"))];
            server.send("GET", "/api/symbols", &guess, "").status
        })
        .collect();
    assert!(statuses.starts_with(&[401, 401]) && statuses.contains(&429), "{statuses:?}");
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let folder = place("[server.limits]\nbody = \"10KB\"");
    let server = Server::start(folder.path());
    let body = format!(r#"{{"symbol": "AAPL", "model_name": "{}"}}"#, "a".repeat(20_000));
    assert_eq!(server.post("/train", "", &body).status, 413);
}

#[test]
fn connections_wait_for_places_and_slow_ones_keep_nobody_out() {
    let folder = place("[server.limits]\nconnections = 2");
    let server = Server::start(folder.path());
    let mut slow = server.connect();
    slow.write_all(b"GET /livez HTTP/1.1\r\nHost: local").unwrap();
    assert_eq!(server.ask("GET", "/livez").0, 200);
    // Both places are taken: the next one waits for the first to end, and is answered then.
    let second = server.connect();
    std::thread::sleep(std::time::Duration::from_millis(100));
    drop(second);
    assert_eq!(server.ask("GET", "/livez").0, 200);
    slow.write_all(b"host\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_path_longer_than_anything_here_is_refused() {
    let folder = place("");
    let server = Server::start(folder.path());
    assert_eq!(server.send("POST", &format!("/api/jobs/{}/cancel", "a".repeat(4000)), &[], "").status, 414);
}

#[test]
fn names_never_become_paths() {
    let folder = place("");
    let server = Server::start(folder.path());
    for symbol in ["..%2F..%2Fetc%2Fpasswd", "%2e%2e", "a%00b", "a%2Fb", "con%5C..", "%F0%9F%92%A5"] {
        let answer = server.send("GET", &format!("/api/stocks/{symbol}"), &[], "");
        assert!([404, 422].contains(&answer.status), "{symbol}: {} {}", answer.status, answer.text());
    }
    for name in ["../../etc", "a/b", "a\\u0000b", ".."] {
        let body = format!(r#"{{"symbol": "AAPL", "model_name": "{name}"}}"#);
        assert_eq!(server.post("/train", "", &body).status, 422, "{name}");
    }
    assert!(!run(folder.path(), &["models", "show", "../../etc/passwd"]).status.success());
}

/// A file whose sender stops half-way occupies only what its sender may use.
#[test]
fn slow_uploads_of_one_caller_do_not_block_those_of_another() {
    let folder = place("[server]\ntrusted_proxies = [\"127.0.0.1\"]");
    let server = Server::start(folder.path());
    let prices = std::fs::read(folder.path().join("AAPL.csv")).unwrap();
    for path in ["/api/stocks/AAPL/upload", "/predict"] {
        let send = |address: &str| {
            let headers = [("X-Forwarded-For", address), ("Content-Type", "text/csv")];
            server.send("POST", path, &headers, &prices)
        };
        let open_slow = || {
            let mut stream = server.connect();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.1\r\nContent-Type: text/csv\r\n\
                 Content-Length: 1000\r\n\r\nD"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream
        };
        let (begun, mut slow) = (std::time::Instant::now(), Vec::new());
        // One that comes while another file of the same caller is read is refused itself.
        let refused = loop {
            slow.push(open_slow());
            let answer = send("203.0.113.1");
            if answer.status != 200 {
                break answer;
            }
            assert!(begun.elapsed().as_secs() < 8, "{path}: a third file of the same caller is received");
        };
        assert!(refused.problem(429).contains("as one caller may"), "{}", refused.text());
        assert!(refused.header("retry-after").is_some(), "{}", refused.head);
        let other = send("203.0.113.2");
        assert_eq!(other.status, 200, "{path}: {}", other.text());
        drop(slow);
        while send("203.0.113.1").status == 429 {
            assert!(begun.elapsed().as_secs() < 20, "{path}: the permits of a caller who hung up are not free");
        }
    }
}
