//! The HTTP client: TLS without a C library, timeouts and size limits, causes of failure.

use std::{error::Error, io, iter, time::Duration};

use reqwest::{Client, ClientBuilder, Response, Url, header, redirect::Policy};

use super::settings::YahooSettings;
use crate::provider::ProviderError;

/// Maximum number of redirects. A chart needs none; a chain of them leads to a consent page.
const MAX_REDIRECTS: usize = 3;

/// Returns a client for `hosts`. It uses the system's certificates and proxies, unless all hosts are local.
///
/// # Errors
/// [`ProviderError::Misconfigured`] when the system has no certificates of authorities, or a setting is not a valid
/// header value.
pub(super) fn client(settings: &YahooSettings, hosts: &[Url]) -> Result<Client, ProviderError> {
    install_crypto_provider();
    let mut builder = Client::builder()
        .user_agent(&settings.user_agent)
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.total_timeout)
        .redirect(within_host())
        .default_headers(header::HeaderMap::from_iter([
            (header::ACCEPT, header::HeaderValue::from_static("application/json,text/plain,*/*")),
            (header::ACCEPT_LANGUAGE, header::HeaderValue::from_static("en-US,en;q=0.9")),
        ]));
    if hosts.iter().all(is_this_machine) {
        builder = local_only(builder);
    }
    builder.build().map_err(|error| ProviderError::Misconfigured {
        reason: format!(
            "{}; check the user agent, and that the system has certificates of authorities (package ca-certificates)",
            causes(&error).last().map(ToString::to_string).unwrap_or_default()
        ),
    })
}

/// Follows redirects within the requested host, and never from https to http. Any other redirect is the response: the
/// settings name the allowed hosts.
fn within_host() -> Policy {
    Policy::custom(|attempt| {
        let before = attempt.previous();
        let stays = before.last().is_some_and(|from| may_follow(from, attempt.url()));
        if stays && before.len() <= MAX_REDIRECTS { attempt.follow() } else { attempt.stop() }
    })
}

fn may_follow(from: &Url, to: &Url) -> bool {
    let upgraded = from.scheme() == "http" && to.scheme() == "https";
    from.host_str() == to.host_str()
        && (from.scheme() == to.scheme() || upgraded)
        // An upgrade changes the port from 80 to 443.
        && (upgraded || from.port_or_known_default() == to.port_or_known_default())
}

/// Installs ring as the provider of rustls. reqwest's default, aws-lc, needs a C compiler and CMake.
fn install_crypto_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have installed one concurrently; any provider will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

fn is_this_machine(host: &Url) -> bool {
    host.scheme() == "http" && matches!(host.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// Disables proxies and certificates, which local servers do not need.
fn local_only(builder: ClientBuilder) -> ClientBuilder {
    builder.no_proxy().tls_certs_only([])
}

/// Reads the body of `response`, decompressed, up to `limit` bytes.
///
/// # Errors
/// [`ProviderError::Unreadable`] for more than `limit` bytes, otherwise as [`failure`].
pub(super) async fn body(mut response: Response, limit: usize, timeout: Duration) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error, timeout))? {
        if body.len() + chunk.len() > limit {
            return Err(ProviderError::Unreadable {
                what: format!("a body of more than {} MiB", limit.div_ceil(1024 * 1024)),
                excerpt: String::new(),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Translates a transport error.
pub(super) fn failure(error: &reqwest::Error, timeout: Duration) -> ProviderError {
    let reason = causes(error).last().map(ToString::to_string).unwrap_or_default();
    if error.is_timeout() {
        ProviderError::Timeout { after: timeout }
    } else if causes(error).any(is_damage) {
        ProviderError::Unreadable { what: format!("a damaged body ({reason})"), excerpt: String::new() }
    } else {
        // Including a truncated body, which reqwest also reports as a decoding error.
        ProviderError::Network { reason }
    }
}

/// Returns whether `cause` is invalid compression.
fn is_damage(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::InvalidData)
}

/// Returns `error` and its sources; the innermost, last, says "connection refused" where the outermost says "error
/// sending request".
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let outermost: &(dyn Error + 'static) = error;
    iter::successors(Some(outermost), |&cause| cause.source())
}
