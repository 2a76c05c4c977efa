//! Client of an S3 bucket.

use std::time::Duration;

use object_store::{
    BackoffConfig, ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    client::{HttpClient, HttpConnector},
};
use reqwest::redirect::Policy;

use super::{error::BlobError, settings::S3Settings};

/// Timeout of a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Timeout of a request including its body: a model of 20 MB needs 3 Mbit/s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum number of retries, and the time after the first attempt in which they may start.
const MAX_RETRIES: usize = 4;
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Delay before the first retry, and the maximum delay.
const INITIAL_BACKOFF: Duration = Duration::from_millis(200);
const MAX_BACKOFF: Duration = Duration::from_secs(3);

const DEFAULT_REGION: &str = "us-east-1";

/// Returns a client for `bucket` and the address of its server. No request is made.
///
/// # Errors
/// [`BlobError::Setting`] when a key is missing or the address of the server is invalid.
pub(super) fn client(bucket: &str, settings: &S3Settings) -> Result<(AmazonS3, String), BlobError> {
    let (key_id, key) = keys(settings)?;
    let region = settings.region.as_deref().unwrap_or(DEFAULT_REGION);
    let endpoint = match &settings.endpoint {
        Some(endpoint) => checked_endpoint(endpoint, settings.allow_http)?,
        None => format!("https://s3.{region}.amazonaws.com"),
    };
    let in_host = !settings.path_style.unwrap_or(settings.endpoint.is_some() || bucket.contains('.'));
    // For virtual-hosted requests, the client expects the address of the bucket.
    let request_endpoint = match endpoint.split_once("://") {
        Some((scheme, host)) if in_host => format!("{scheme}://{bucket}.{host}"),
        _ => endpoint.clone(),
    };
    install_crypto_provider();
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_endpoint(request_endpoint)
        .with_virtual_hosted_style_request(in_host)
        .with_access_key_id(key_id)
        .with_secret_access_key(key)
        // Objects are deleted one at a time; not every server supports bulk deletion.
        .with_disable_bulk_delete(true)
        .with_retry(retries())
        .with_client_options(ClientOptions::new().with_allow_http(endpoint.starts_with("http://")))
        .with_http_connector(Connector { without_tls: endpoint.starts_with("http://") });
    if let Some(token) = &settings.session_token {
        builder = builder.with_token(token.reveal());
    }
    let client = builder.build().map_err(|error| {
        BlobError::Setting(format!(
            "the artifact server cannot be used: {error}; check AWS_ENDPOINT_URL, and that the system has certificates of \
             authorities (package ca-certificates)"
        ))
    })?;
    Ok((client, endpoint))
}

fn keys(settings: &S3Settings) -> Result<(&str, &str), BlobError> {
    let missing = match (&settings.access_key_id, &settings.secret_access_key) {
        (Some(id), Some(key)) => return Ok((id, key.reveal())),
        (None, Some(_)) => "AWS_ACCESS_KEY_ID is missing",
        (Some(_), None) => "AWS_SECRET_ACCESS_KEY is missing",
        (None, None) => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing",
    };
    Err(BlobError::Setting(format!(
        "artifacts are stored in S3, but {missing}: set both in the environment or in .env"
    )))
}

/// Validates the endpoint. Errors do not repeat it where it may contain a password.
fn checked_endpoint(endpoint: &str, allow_http: bool) -> Result<String, BlobError> {
    let refused = |reason: &str| Err(BlobError::Setting(format!("AWS_ENDPOINT_URL {reason}")));
    if endpoint.contains(['@', '?', '#']) {
        return refused("has more than a host: write https://host:port; keys go into AWS_SECRET_ACCESS_KEY");
    }
    let host = endpoint.strip_prefix("https://").or(endpoint.strip_prefix("http://"));
    match host.map(|host| host.trim_end_matches('/')) {
        Some(host) if !host.is_empty() && !host.starts_with(':') && !host.contains(char::is_whitespace) => {}
        _ => return refused(&format!("is {endpoint:?}, but must be like https://host:port")),
    }
    if endpoint.starts_with("http://") && !allow_http {
        return refused(&format!(
            "is {endpoint:?}, without encryption: write https://, or set AWS_ALLOW_HTTP=true where the network is trusted"
        ));
    }
    Ok(endpoint.trim_end_matches('/').to_owned())
}

/// Creates the HTTP client. That of `object_store` follows redirects to any host and has no option to disable that.
#[derive(Debug)]
struct Connector {
    without_tls: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("closecast/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .https_only(!self.without_tls)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            // The length of an object is that of its encoded body.
            .no_gzip();
        // Without TLS, the system needs no certificates.
        let builder = if self.without_tls { builder.tls_certs_only([]) } else { builder };
        let failed = |error| object_store::Error::Generic { store: "HTTP client", source: Box::new(error) };
        builder.build().map(HttpClient::new).map_err(failed)
    }
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig { init_backoff: INITIAL_BACKOFF, max_backoff: MAX_BACKOFF, base: 2.0 },
        max_retries: MAX_RETRIES,
        retry_timeout: RETRY_TIMEOUT,
    }
}

/// Installs ring as the provider of rustls unless the program has chosen one: without a provider the client panics.
fn install_crypto_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have installed one concurrently; any provider will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::settings::Secret;

    fn settings() -> S3Settings {
        S3Settings {
            access_key_id: Some("id".into()),
            secret_access_key: Some(Secret::from("hidden".to_owned())),
            ..S3Settings::default()
        }
    }

    #[test]
    fn client_needs_no_installed_crypto_provider() {
        let (_, endpoint) = client("models", &settings()).unwrap();
        assert_eq!(endpoint, "https://s3.us-east-1.amazonaws.com");
        let elsewhere = S3Settings { region: Some("sa-east-1".into()), ..settings() };
        assert_eq!(client("models", &elsewhere).unwrap().1, "https://s3.sa-east-1.amazonaws.com");
    }

    #[test]
    fn bucket_is_in_host_at_amazon_and_in_path_elsewhere_by_default() {
        let url = |bucket: &str, endpoint: Option<&str>, path_style| {
            let settings = S3Settings { endpoint: endpoint.map(str::to_owned), path_style, ..settings() };
            let client = client(bucket, &settings).unwrap().0;
            format!("{client:?}").split("bucket_endpoint: \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
        };
        assert_eq!(url("models", None, None), "https://models.s3.us-east-1.amazonaws.com");
        assert_eq!(url("models.example", None, None), "https://s3.us-east-1.amazonaws.com/models.example");
        assert_eq!(url("models", Some("https://s3.example/"), None), "https://s3.example/models");
        assert_eq!(url("models", Some("https://s3.example"), Some(false)), "https://models.s3.example");
    }

    #[test]
    fn client_names_missing_keys() {
        let half = S3Settings { secret_access_key: None, ..settings() };
        for (settings, named) in [
            (S3Settings::default(), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing"),
            (half, "AWS_SECRET_ACCESS_KEY is missing"),
            (S3Settings { access_key_id: None, ..settings() }, "AWS_ACCESS_KEY_ID is missing"),
        ] {
            let error = client("models", &settings).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn client_rejects_invalid_endpoints_and_plain_http_unless_allowed() {
        let with = |endpoint: &str, allow_http| {
            client("models", &S3Settings { endpoint: Some(endpoint.into()), allow_http, ..settings() })
        };
        for endpoint in ["", "s3.example", "ftp://s3.example", "https://", "https://:9000", "https://a b"] {
            let error = with(endpoint, true).unwrap_err().to_string();
            assert!(error.contains("must be like https://host:port"), "{endpoint}: {error}");
        }
        let error = with("https://me:hidden@s3.example", true).unwrap_err().to_string();
        assert!(error.contains("has more than a host") && !error.contains("hidden"), "{error}");
        let error = with("http://s3.example:9000", false).unwrap_err().to_string();
        assert!(error.contains("AWS_ALLOW_HTTP=true"), "{error}");
        assert_eq!(with("http://s3.example:9000/", true).unwrap().1, "http://s3.example:9000");
    }
}
