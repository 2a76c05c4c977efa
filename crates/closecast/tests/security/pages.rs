//! Pages: ours, and those of other sites.

use crate::{server::Server, usual::place};

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let folder = place("");
    let server = Server::start(folder.path());
    for path in ["/", "/docs", "/redoc", "/livez", "/api/symbols", "/nothing", "/openapi.json", "/static/app.css"] {
        let answer = server.send("GET", path, &[], "");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("deny"), "{path}");
        assert!(matches!(answer.header("referrer-policy"), Some("no-referrer" | "same-origin")), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{path} has no policy"));
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        let scripts = policy.split(';').find(|rule| rule.trim_start().starts_with("script-src")).unwrap_or("");
        assert!(!scripts.contains("unsafe") && !policy.contains("http"), "{policy}");
    }
}

#[test]
fn a_page_of_another_site_neither_changes_nor_reads_anything() {
    let folder = place("");
    let server = Server::start(folder.path());
    let body = r#"{"symbol": "AAPL"}"#;
    let json = ("Content-Type", "application/json");
    let evil = ("Origin", "https://evil.example");
    let foreign = server.send("POST", "/train", &[json, evil], body);
    assert_eq!(foreign.status, 403, "{}", foreign.text());
    // A form of a page needs no leave to be sent, and cannot say that it is JSON.
    assert_eq!(server.send("POST", "/train", &[("Content-Type", "text/plain")], body).status, 415);
    let read = server.send("GET", "/api/symbols", &[evil], "");
    assert_eq!(read.header("access-control-allow-origin"), None);
    let preflight = [evil, ("Access-Control-Request-Method", "POST")];
    assert_eq!(server.send("OPTIONS", "/train", &preflight, "").header("access-control-allow-origin"), None);
    // Its name for this machine is not ours.
    assert_eq!(server.send("GET", "/api/symbols", &[("Host", "rebound.example:8000")], "").status, 403);
}

#[test]
fn the_pages_of_sites_in_the_settings_may_ask() {
    let folder = place("[server]\ncors_origins = [\"https://dashboard.example.org\"]");
    let server = Server::start(folder.path());
    let origin = ("Origin", "https://dashboard.example.org");
    let preflight = server.send(
        "OPTIONS",
        "/train",
        &[origin, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-api-key")],
        "",
    );
    assert_eq!(preflight.header("access-control-allow-origin"), Some("https://dashboard.example.org"));
    assert!(preflight.header("access-control-allow-headers").unwrap().contains("x-api-key"));
    let body = r#"{"symbol": "AAPL", "epochs": 1, "hidden_size": 4, "lookback": 10}"#;
    assert_eq!(server.send("POST", "/train", &[origin, ("Content-Type", "application/json")], body).status, 202);
    let other = server.send("GET", "/api/symbols", &[("Origin", "https://evil.example")], "");
    assert_eq!(other.header("access-control-allow-origin"), None);
    let refused = run_with_origin("*");
    assert!(refused.contains("cors_origins"), "{refused}");
}

fn run_with_origin(origin: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("closecast.toml"), format!("[server]\ncors_origins = [\"{origin}\"]")).unwrap();
    String::from_utf8(crate::usual::run(folder.path(), &["keys", "list"]).stderr).unwrap()
}
