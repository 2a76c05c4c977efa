//! The host that a request names (RFC 9112, section 3.2; RFC 9113, section 8.3.1): proxies and servers that read it differently
//! would take the same request for requests to different hosts.

use axum::{
    extract::Request,
    http::{Method, StatusCode, Version, header, uri::Authority},
};

use super::problem::Problem;

/// Signs of life, which simple probes ask for in HTTP/1.0 without a host.
const SIGNS_OF_LIFE: [&str; 5] = ["/livez", "/readyz", "/health", "/v2/health/live", "/v2/health/ready"];

/// Checks that a request names exactly one host.
///
/// # Errors
/// A problem of status 400 when there is no host, more than one, or one that is not a host and a port. A sign of life asked for in HTTP/1.0
/// needs none.
pub(super) fn check_host(request: &Request) -> Result<(), Problem> {
    let refuse = |detail: &str| Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    if more.is_some() {
        return refuse("Host: the request has several of these headers, and must have one");
    }
    let host = match host {
        Some(value) => match value.to_str().ok().and_then(parse) {
            Some(host) => Some(host),
            None => return refuse("Host: must be the name or the address of a host, with or without a port"),
        },
        None => None,
    };
    let named = request.uri().authority();
    if named.is_some_and(|named| parse(named.as_str()).is_none()) {
        return refuse("the address of the request must name a host, with or without a port, and no user");
    }
    match (request.version(), host) {
        (_, Some(host)) if named.is_some_and(|named| !is_same(named, &host)) => {
            refuse("Host: names another host than the address of the request")
        }
        (Version::HTTP_2, None) if named.is_none() => refuse(":authority: is missing"),
        (Version::HTTP_2, _) | (_, Some(_)) => Ok(()),
        (Version::HTTP_10, None) if SIGNS_OF_LIFE.contains(&request.uri().path()) => Ok(()),
        // The default health check of HAProxy.
        (Version::HTTP_10, None) if request.method() == Method::OPTIONS => Ok(()),
        (_, None) => refuse("Host: the header is missing"),
    }
}

/// Reads a host with or without a port; user names do not belong there.
fn parse(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    let port = text.strip_prefix(authority.host())?;
    let has_port = port.is_empty() || port == ":" || authority.port_u16().is_some();
    (!authority.host().is_empty() && has_port).then_some(authority)
}

/// Returns whether two authorities are of one host and port. A port that is left out is that of the scheme, which a proxy may have changed.
fn is_same(one: &Authority, other: &Authority) -> bool {
    let same_port = match (one.port_u16(), other.port_u16()) {
        (Some(one), Some(other)) => one == other,
        (Some(port), None) | (None, Some(port)) => [80, 443].contains(&port),
        (None, None) => true,
    };
    same_port && one.host().eq_ignore_ascii_case(other.host())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn is_taken(version: Version, uri: &str, hosts: &[&str]) -> bool {
        let mut request = Request::builder().version(version).uri(uri);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        check_host(&request.body(Body::empty()).unwrap()).is_ok()
    }

    #[test]
    fn request_of_http_1_1_is_refused_unless_it_has_one_valid_host() {
        for host in ["localhost", "localhost:8000", "127.0.0.1:80", "[::1]:8000", "[::1]", "a.example:", "prices_lan"] {
            assert!(is_taken(Version::HTTP_11, "/livez", &[host]), "{host}");
        }
        for hosts in [
            &[][..],
            &["localhost", "localhost"],
            &["localhost", "evil.example"],
            &[""],
            &["a b"],
            &["user@localhost"],
            &["localhost:port"],
            &["localhost:99999"],
            &["localhost/path"],
        ] {
            assert!(!is_taken(Version::HTTP_11, "/livez", hosts), "{hosts:?}");
        }
        assert!(
            !is_taken(Version::HTTP_11, "http://localhost/livez", &[]),
            "the header is needed beside an absolute address"
        );
    }

    #[test]
    fn request_of_http_1_0_without_host_is_taken_for_signs_of_life_alone() {
        for path in SIGNS_OF_LIFE {
            assert!(is_taken(Version::HTTP_10, path, &[]), "{path}");
        }
        assert!(!is_taken(Version::HTTP_10, "/api/symbols", &[]) && !is_taken(Version::HTTP_10, "/", &[]));
        assert!(is_taken(Version::HTTP_10, "/api/symbols", &["localhost"]));
        assert!(!is_taken(Version::HTTP_10, "/livez", &["a", "b"]));
    }

    #[test]
    fn request_of_http_2_is_refused_when_its_host_differs_from_its_authority() {
        let taken = |uri, hosts: &[&str]| is_taken(Version::HTTP_2, uri, hosts);
        assert!(taken("http://localhost:8000/livez", &[]) && taken("http://localhost:8000/livez", &["LOCALHOST:8000"]));
        assert!(taken("http://localhost/livez", &["localhost:80"]) && taken("/livez", &["localhost"]));
        for hosts in [&["localhost:8001"][..], &["evil.example:8000"], &["localhost:8000", "localhost:8000"]] {
            assert!(!taken("http://localhost:8000/livez", hosts), "{hosts:?}");
        }
        assert!(!taken("/livez", &[]));
    }
}
