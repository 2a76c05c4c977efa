//! What every request passes through: an identifier, its time, a line in the access log, and headers that every answer has.

use std::{
    fmt::Write as _,
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use uuid::Uuid;

use super::{
    accept,
    access_log::{AccessLog, Entry},
    address, allow,
    error_lines::ErrorLines,
    host_header::check_host,
    openapi,
    problem::Problem,
};
use crate::options::ServerSettings;
use crate::{
    monitor::{METHODS, Monitor},
    security::Security,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROCESS_TIME: HeaderName = HeaderName::from_static("x-process-time");

/// Status of what nobody waited for any more, as reverse proxies write it down.
pub(super) const GONE: u16 = 499;

/// Longest path that is logged whole, in bytes.
const MAX_LOGGED_PATH: usize = 256;

/// Longest identifier that is taken from a client.
const LONGEST_ID: usize = 64;

/// Headers of every answer that does not set them itself.
static USUAL: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// Where requests are written down and counted.
pub(super) struct Books {
    pub(super) log: Arc<AccessLog>,
    pub(super) monitor: Arc<Monitor>,
    pub(super) settings: Arc<ServerSettings>,
    pub(super) security: Arc<Security>,
    pub(super) errors: ErrorLines,
}

impl Books {
    /// Returns the answer to a request that does not get as far as a route: one for another host, or one too many of those that no
    /// route answers. Browsers ask with OPTIONS before they ask.
    fn refuse(&self, request: &Request, client: IpAddr) -> Option<Problem> {
        let problem = match check_host(request) {
            Err(problem) => Some(problem),
            Ok(()) if request.method() == Method::OPTIONS => None,
            Ok(()) => return None,
        };
        self.security.allowance.take_of_open(client).map_or_else(|wait| Some(allow::too_many(wait)), |()| problem)
    }
}

/// Marks the response to a request with a key that opens: its line in the access log is always written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed;

/// Lets a request through, and adds what every answer has.
pub(super) async fn observe(State(books): State<Arc<Books>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(&request);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    accept::or_as_it_is(request.headers_mut());
    let (method, path) = (request.method().clone(), shown(request.uri().path()));
    let client = address::of(request.headers(), request.extensions(), &books.settings.trusted_proxies);
    let mut entry =
        Pending { books, begun, id, method: method_place(&method), path, client, status: None, keyed: false };
    let in_flight = entry.books.monitor.measures.in_flight.enter();
    let mut response = match entry.books.refuse(&request, client) {
        None => next.run(request).await,
        Some(problem) => openapi::refuse(request.uri().path(), problem),
    };
    if response.status() == StatusCode::TOO_MANY_REQUESTS
        && let Some(delay) = entry.books.security.allowance.refusal_delay(client)
    {
        tokio::time::sleep(delay).await;
    }
    drop(in_flight);
    entry.keyed = response.extensions().get::<Keyed>().is_some();
    let status = response.status();
    let headers = response.headers_mut();
    for (name, value) in &USUAL {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if let Some(seconds) = seconds(begun.elapsed().as_micros()) {
        headers.insert(PROCESS_TIME, seconds);
    }
    headers.insert(REQUEST_ID, entry.id.clone());
    if status.is_server_error() {
        let id = entry.id.to_str().unwrap_or_default();
        entry.books.errors.log(id, status.as_u16(), &method, &entry.path);
    }
    entry.status = Some(status.as_u16());
    response
}

/// A request that is written down and counted when it is dropped: answered, or given up by its client.
struct Pending {
    books: Arc<Books>,
    begun: Instant,
    id: HeaderValue,
    /// Place in [`METHODS`].
    method: usize,
    path: String,
    client: IpAddr,
    status: Option<u16>,
    keyed: bool,
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Self { books, begun, id, method, path, client, status, keyed } = self;
        let (elapsed, status) = (begun.elapsed(), status.unwrap_or(GONE));
        books.monitor.measures.requests.record(*method, status, elapsed);
        books.log.write(&Entry {
            id: id.to_str().unwrap_or_default(),
            client: *client,
            method: METHODS[*method],
            path,
            status,
            micros: elapsed.as_micros(),
            keyed: *keyed,
        });
    }
}

/// Returns a path as it is logged: its beginning, where it is longer than any that leads somewhere.
fn shown(path: &str) -> String {
    if path.len() <= MAX_LOGGED_PATH {
        return path.to_owned();
    }
    let end = (0..=MAX_LOGGED_PATH).rev().find(|&end| path.is_char_boundary(end)).unwrap_or(0);
    format!("{}…", &path[..end])
}

/// Returns the identifier of a request that came this way.
pub(super) fn id_of(headers: &HeaderMap) -> &str {
    headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default()
}

/// Returns the identifier that the client gave, if it is one, or a new one.
fn request_id(request: &Request) -> HeaderValue {
    let given = request.headers().get(&REQUEST_ID).filter(|given| is_identifier(given.as_bytes()));
    given.cloned().unwrap_or_else(new_id)
}

fn is_identifier(text: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    !text.is_empty() && text.len() <= LONGEST_ID && text.iter().all(allowed)
}

/// A name of this process and a number: unique without asking the system for random bytes at each request.
fn new_id() -> HeaderValue {
    static PROCESS: OnceLock<String> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let process = PROCESS.get_or_init(|| Uuid::now_v7().simple().to_string());
    let mut id = String::with_capacity(48);
    let _infallible = write!(id, "{process}-{:x}", NEXT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

/// Returns seconds with six decimals.
fn seconds(micros: u128) -> Option<HeaderValue> {
    let mut text = String::with_capacity(12);
    let _infallible = write!(text, "{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    HeaderValue::try_from(text).ok()
}

/// Returns the place of a method in [`METHODS`], and the last one for all others: a client may send any.
fn method_place(method: &Method) -> usize {
    let others = METHODS.len() - 1;
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_of_the_client_is_taken_only_if_it_can_do_no_harm() {
        for good in ["a", "0190-a_b.c"] {
            assert!(is_identifier(good.as_bytes()), "{good}");
        }
        for bad in ["", "a b", "a\"b", "é", &"a".repeat(65)] {
            assert!(!is_identifier(bad.as_bytes()), "{bad}");
        }
        assert_ne!(new_id(), new_id());
        assert!(is_identifier(new_id().as_bytes()));
    }

    #[test]
    fn long_path_is_cut_before_it_is_logged() {
        assert_eq!(shown("/api/stocks/AAPL"), "/api/stocks/AAPL");
        let cut = shown(&"é".repeat(60_000));
        assert!(cut.len() < 270 && cut.ends_with("é…"), "{cut}");
    }

    #[test]
    fn methods_that_nobody_knows_are_one() {
        assert_eq!((METHODS[method_place(&Method::GET)], METHODS[method_place(&Method::PATCH)]), ("GET", "PATCH"));
        for method in ["BREW", "OTHER", "get"] {
            assert_eq!(METHODS[method_place(&Method::from_bytes(method.as_bytes()).unwrap())], "OTHER");
        }
    }

    #[test]
    fn a_time_is_told_in_seconds() {
        assert_eq!(seconds(1_234_567).unwrap(), "1.234567");
        assert_eq!(seconds(42).unwrap(), "0.000042");
    }
}
