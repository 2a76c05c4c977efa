//! Pages of other sites: a browser sends what they ask along with nobody's leave, from inside the network.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, StatusCode, header, request::Parts};

use super::problem::Problem;
use crate::options::ServerSettings;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a page of another site asks and could change something here: `Origin` names neither this server nor one of the
/// settings. Programs send no `Origin`. What only reads is left to the browser, which does not show the answer to such a page,
/// unless it `costs`.
///
/// # Errors
/// A problem of status 403.
pub(super) fn expect_own_page(request: &Parts, costs: bool, allowed: &[String]) -> Result<(), Problem> {
    let headers = &request.headers;
    if request.method.is_safe() && !costs && !headers.contains_key(header::UPGRADE) {
        return Ok(());
    }
    let refusal = || {
        let detail = "the request comes from a page of another site: allow it with cors_origins under [server]";
        Problem::new(StatusCode::FORBIDDEN, detail)
    };
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().map_err(|_| refusal())?;
        let own = host_of(request).is_some_and(|host| is_of(origin, host));
        return if own || allowed.iter().any(|known| known == origin) { Ok(()) } else { Err(refusal()) };
    }
    // Another port or another name of the same domain is a page of somebody else.
    if matches!(text(headers, &FETCH_SITE), Some("cross-site" | "same-site")) { Err(refusal()) } else { Ok(()) }
}

/// Refuses a request under a name that is not this server's, while there are no keys: the page of another site can give its own
/// name this machine's address, and its requests are then no longer those of another site (DNS rebinding). An address cannot be
/// given away so.
///
/// # Errors
/// A problem of status 403.
pub(super) fn expect_own_host(request: &Parts, settings: &ServerSettings) -> Result<(), Problem> {
    let Some(host) = host_of(request) else { return Ok(()) };
    let name = without_port(host);
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let is_local = name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    if is_address || is_local || settings.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let detail = format!(
        "there are no keys, and {name:?} may be another site's name for this machine: make a key with `closecast keys create`, or add the name to allowed_hosts under [server]"
    );
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

/// Returns the name under which the server was asked, with its port.
fn host_of(request: &Parts) -> Option<&str> {
    request.uri.authority().map(axum::http::uri::Authority::as_str).or_else(|| text(&request.headers, &header::HOST))
}

/// Returns whether an origin is a page of this host, whatever the scheme: a proxy may add TLS.
fn is_of(origin: &str, host: &str) -> bool {
    let (scheme, name) = origin.split_once("://").unwrap_or(("", ""));
    let full =
        |text: &str| if without_port(text).len() == text.len() { default_port(text, scheme) } else { text.to_owned() };
    !name.is_empty() && full(name).eq_ignore_ascii_case(&full(host))
}

fn default_port(host: &str, scheme: &str) -> String {
    format!("{host}:{}", if scheme == "https" { 443 } else { 80 })
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};

    use super::*;

    fn request(method: &str, pairs: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri("/train");
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap().into_parts().0
    }

    #[test]
    fn a_page_of_another_site_may_change_nothing() {
        let host = ("host", "localhost:8000");
        let allowed = ["https://dashboard.example.org".to_owned()];
        for (method, pairs, expected) in [
            ("POST", vec![host], true),
            ("POST", vec![host, ("origin", "http://localhost:8000")], true),
            ("POST", vec![host, ("origin", "https://dashboard.example.org")], true),
            ("POST", vec![host, ("origin", "http://localhost:9000")], false),
            ("POST", vec![host, ("origin", "https://evil.example")], false),
            ("POST", vec![host, ("origin", "null")], false),
            ("DELETE", vec![host, ("sec-fetch-site", "cross-site")], false),
            ("DELETE", vec![host, ("sec-fetch-site", "same-site")], false),
            ("POST", vec![host, ("sec-fetch-site", "same-origin")], true),
            ("GET", vec![host, ("origin", "https://evil.example")], true),
            ("GET", vec![host, ("origin", "https://evil.example"), ("upgrade", "websocket")], false),
        ] {
            assert_eq!(
                expect_own_page(&request(method, &pairs), false, &allowed).is_ok(),
                expected,
                "{method} {pairs:?}"
            );
        }
        let foreign = request("GET", &[host, ("origin", "https://evil.example")]);
        assert!(expect_own_page(&foreign, true, &allowed).is_err());
        for (site, expected) in [("cross-site", false), ("same-site", false), ("same-origin", true), ("none", true)] {
            let read = request("GET", &[host, ("sec-fetch-site", site)]);
            assert_eq!(expect_own_page(&read, true, &allowed).is_ok(), expected, "a GET that costs from {site}");
            assert!(expect_own_page(&read, false, &allowed).is_ok(), "a GET that only reads from {site}");
        }
    }

    #[test]
    fn the_usual_ports_may_be_left_out() {
        assert!(is_of("https://example.org", "example.org:443") && is_of("http://example.org:80", "example.org"));
        assert!(is_of("http://[::1]:8000", "[::1]:8000") && !is_of("http://[::1]", "[::1]:8000"));
        assert!(!is_of("https://example.org:8443", "example.org") && !is_of("null", "null"));
    }

    #[test]
    fn a_name_of_another_site_for_this_machine_is_refused() {
        let settings = ServerSettings { allowed_hosts: vec!["prices.lan".to_owned()], ..ServerSettings::default() };
        for (host, expected) in [
            ("127.0.0.1:8000", true),
            ("[::1]:8000", true),
            ("localhost", true),
            ("app.localhost:8000", true),
            ("Prices.lan:8000", true),
            ("rebound.example:8000", false),
            ("127.0.0.1.evil.example", false),
        ] {
            assert_eq!(expect_own_host(&request("GET", &[("host", host)]), &settings).is_ok(), expected, "{host}");
        }
    }
}
