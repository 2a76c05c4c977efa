//! Failures below HTTP, and the second host.

use std::time::{Duration, Instant};

use closecast_data::provider::{Provider, ProviderError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::ResponseTemplate;

use crate::{
    bodies::{NEW_YORK, chart},
    server::{LATER, fetch, provider, range, serving, settings},
};

fn good() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(chart(NEW_YORK, "USD", &["2024-03-08T14:30:00Z"]))
}

/// Returns the address of a server that sends `bytes` to each client and disconnects.
async fn raw_server(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    format!("http://{address}")
}

/// Returns an address with a closed port.
async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn slow_server_is_a_timeout() {
    let server = serving(good().set_delay(Duration::from_secs(20))).await;
    let mut settings = settings(&[&server.uri()]);
    settings.total_timeout = Duration::from_millis(100);
    let start = Instant::now();
    let error = fetch(&provider(settings, LATER), "AAPL").await.unwrap_err();
    assert_eq!(error, ProviderError::Timeout { after: Duration::from_millis(100) });
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn refused_connection_is_a_network_error_with_cause() {
    let error = fetch(&provider(settings(&[&closed_port().await]), LATER), "AAPL").await.unwrap_err();
    assert!(matches!(&error, ProviderError::Network { reason } if reason.contains("refused")), "{error}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn interrupted_connection_is_an_error() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"chart\"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"chart\"\r\n",
    ] {
        let address = raw_server(answer).await;
        let error = fetch(&provider(settings(&[&address]), LATER), "AAPL").await.unwrap_err();
        assert!(matches!(error, ProviderError::Network { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn invalid_http_and_damaged_body_are_distinguished() {
    for (answer, damaged) in [
        (&b"SSH-2.0-OpenSSH_9.6\r\n"[..], false),
        (b"\0\0\0\0\0\0", false),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nhello, world", true),
    ] {
        let address = raw_server(answer).await;
        let error = fetch(&provider(settings(&[&address]), LATER), "AAPL").await.unwrap_err();
        let found = matches!(&error, ProviderError::Unreadable { what, .. } if what.starts_with("a damaged body"));
        assert_eq!(found, damaged, "{error:?}");
        assert_eq!(matches!(error, ProviderError::Network { .. }), !damaged, "{error:?}");
    }
}

#[tokio::test]
async fn oversized_body_is_rejected() {
    let server = serving(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 3 << 20])).await;
    let mut settings = settings(&[&server.uri()]);
    settings.max_body_bytes = 1 << 20;
    let error = fetch(&provider(settings, LATER), "AAPL").await.unwrap_err();
    assert!(matches!(&error, ProviderError::Unreadable { what, .. } if what == "a body of more than 1 MiB"), "{error}");
}

#[tokio::test]
async fn failure_switches_to_second_host() {
    for failure in [ResponseTemplate::new(503), ResponseTemplate::new(200).set_body_string("<html>Consent</html>")] {
        let (first, second) = (serving(failure).await, serving(good()).await);
        let provider = provider(settings(&[&first.uri(), &second.uri()]), LATER);
        assert!(fetch(&provider, "AAPL").await.is_err());
        assert!(fetch(&provider, "AAPL").await.is_ok());
        assert!(fetch(&provider, "AAPL").await.is_ok(), "it stays with the host that answers");
    }
}

#[tokio::test]
async fn responses_and_rate_limits_do_not_switch_hosts() {
    for status in [404, 429, 401, 400] {
        let (first, second) = (serving(ResponseTemplate::new(status)).await, serving(good()).await);
        let provider = provider(settings(&[&first.uri(), &second.uri()]), LATER);
        for _ in 0..2 {
            let _ = fetch(&provider, "AAPL").await;
        }
        let requests = second.received_requests().await.unwrap().len();
        // An unexplained 404 is not a response of Yahoo.
        assert_eq!(requests, usize::from(status == 404), "{status}");
    }
}

#[tokio::test]
async fn empty_range_is_rejected_without_request() {
    let server = serving(good()).await;
    let provider = provider(settings(&[&server.uri()]), LATER);
    let error = provider.fetch(&"AAPL".parse().unwrap(), range("2024-03-08", "2024-03-08")).await.unwrap_err();
    assert!(matches!(error, ProviderError::BadRequest { .. }), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

/// Serves a redirect to `location`.
async fn redirecting(location: &str) -> wiremock::MockServer {
    serving(ResponseTemplate::new(302).insert_header("location", location)).await
}

#[tokio::test]
async fn client_does_not_follow_redirect_to_another_host() {
    let other = serving(good()).await;
    for location in [other.uri(), other.uri().replace("127.0.0.1", "localhost"), "https://other.invalid/".to_owned()] {
        let server = redirecting(&location).await;
        let error = fetch(&provider(settings(&[&server.uri()]), LATER), "AAPL").await.unwrap_err();
        assert!(matches!(error, ProviderError::Unreadable { .. }), "{location}: {error}");
        assert!(error.to_string().contains("redirect"), "{location}: {error}");
    }
    assert_eq!(other.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn redirects_within_host_are_followed_up_to_a_limit() {
    use wiremock::{Mock, MockServer, matchers::path};

    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(301).insert_header("location", "/moved");
    Mock::given(path("/moved")).respond_with(good()).mount(&server).await;
    Mock::given(path("/v8/finance/chart/AAPL")).respond_with(moved).mount(&server).await;
    assert!(fetch(&provider(settings(&[&server.uri()]), LATER), "AAPL").await.is_ok());
    let endless = redirecting("/again").await;
    assert!(fetch(&provider(settings(&[&endless.uri()]), LATER), "AAPL").await.is_err());
    assert!(endless.received_requests().await.unwrap().len() <= 4);
}
