//! Location of the artifacts and credentials.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use object_store::path::Path as BlobPath;
use serde::Deserialize;

use super::error::BlobError;

/// Valid addresses, for error messages.
const EXPECTED_FORMAT: &str = "write s3://bucket/prefix, or the path of a folder";

/// A secret. It has no `Display`, is never serialised, and its `Debug` is `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns the secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Location of the artifacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactAddress {
    /// A local folder.
    Local(PathBuf),
    /// The objects below a prefix of an S3 bucket. One prefix belongs to one database: garbage is collected in all of it.
    S3 {
        /// Name of the bucket.
        bucket: String,
        /// Prefix of all names, without slash at either end; may be empty.
        prefix: String,
    },
}

impl ArtifactAddress {
    /// Parses `s3://bucket`, `s3://bucket/prefix` or the path of a folder.
    ///
    /// # Errors
    /// [`BlobError::Setting`] for another scheme or an invalid bucket or prefix. A text that may contain keys is not
    /// repeated.
    pub fn parse(text: &str) -> Result<Self, BlobError> {
        if let Some(rest) = text.strip_prefix("s3://") {
            return Self::parse_bucket(rest);
        }
        let scheme = text.split_once("://").map(|(scheme, _)| scheme).or(text.starts_with("s3:").then_some("s3:"));
        match scheme {
            Some(scheme) => Err(refused(&format!("{scheme:?} is not a supported scheme: {EXPECTED_FORMAT}"))),
            None if text.is_empty() => Err(refused(&format!("it is empty: {EXPECTED_FORMAT}"))),
            None => Ok(Self::Local(PathBuf::from(text))),
        }
    }

    fn parse_bucket(rest: &str) -> Result<Self, BlobError> {
        if rest.contains(['@', '?', '#']) {
            return Err(refused(
                "it has more than a bucket and a prefix; keys are given as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
                 the server as AWS_ENDPOINT_URL",
            ));
        }
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(is_known) {
            return Err(refused(&format!(
                "{bucket:?} is not a valid bucket, which has 3 to 63 letters, digits, dots and hyphens"
            )));
        }
        let prefix = prefix.trim_matches('/');
        BlobPath::parse(prefix).map_err(|error| refused(&format!("the prefix {prefix:?} cannot be used: {error}")))?;
        Ok(Self::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

fn refused(reason: &str) -> BlobError {
    BlobError::Setting(format!("the address of the artifacts: {reason} (--artifacts-url, CLOSECAST_ARTIFACTS_URL)"))
}

impl fmt::Display for ArtifactAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(folder) => write!(f, "{}", folder.display()),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// Access to an S3 server. Ignored for a folder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct S3Settings {
    /// Address of the server, `https://host:port`; Amazon's own when absent.
    pub endpoint: Option<String>,
    /// Region of the bucket; `us-east-1` when absent.
    pub region: Option<String>,
    /// Identifier of the access key.
    pub access_key_id: Option<String>,
    /// The secret key.
    pub secret_access_key: Option<Secret>,
    /// Token of temporary credentials.
    pub session_token: Option<Secret>,
    /// Whether requests without TLS are allowed.
    pub allow_http: bool,
    /// Whether the bucket is in the path of a request instead of the host name. By default it is for custom endpoints,
    /// and for buckets with dots, which no certificate covers.
    pub path_style: Option<bool>,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A password before the host is rejected when the client is created, and must not be shown before.
        let host = |endpoint: &String| endpoint.rsplit('@').next().map(str::to_owned);
        f.debug_struct("S3Settings")
            .field("endpoint", &self.endpoint.as_ref().and_then(host))
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &self.secret_access_key)
            .field("session_token", &self.session_token)
            .field("allow_http", &self.allow_http)
            .field("path_style", &self.path_style)
            .finish()
    }
}

/// Location of the artifacts and access to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactSettings {
    /// The location.
    pub address: ArtifactAddress,
    /// Access to an S3 server.
    pub s3: S3Settings,
}

impl ArtifactSettings {
    /// Returns the settings of a local folder.
    #[must_use]
    pub fn local(folder: &Path) -> Self {
        Self { address: ArtifactAddress::Local(folder.to_owned()), s3: S3Settings::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_accepts_folders_and_buckets_with_prefix() {
        for (text, shown) in [
            ("artifacts", "artifacts"),
            ("/var/lib/closecast/artifacts", "/var/lib/closecast/artifacts"),
            ("C:\\closecast", "C:\\closecast"),
            ("s3://models", "s3://models"),
            ("s3://models/", "s3://models"),
            ("s3://models.example/a/b/", "s3://models.example/a/b"),
        ] {
            assert_eq!(ArtifactAddress::parse(text).unwrap().to_string(), shown);
        }
        let bucket = ArtifactAddress::S3 { bucket: "models".into(), prefix: "a/b".into() };
        assert_eq!(ArtifactAddress::parse("s3://models/a/b").unwrap(), bucket);
        assert_eq!(ArtifactAddress::parse("models").unwrap(), ArtifactAddress::Local("models".into()));
    }

    #[test]
    fn parse_rejects_other_addresses_without_repeating_keys() {
        for (text, expected) in [
            ("", "it is empty"),
            ("gs://models", "\"gs\""),
            ("file:///models", "\"file\""),
            ("s3:models", "s3://bucket/prefix"),
            ("s3://", "is not a valid bucket"),
            ("s3://ab", "\"ab\" is not a valid bucket"),
            ("s3://mod els", "is not a valid bucket"),
            ("s3://models/a//b", "the prefix"),
            ("s3://models/../b", "the prefix"),
            ("s3://AKIA:hidden@models", "AWS_SECRET_ACCESS_KEY"),
            ("s3://models?secret=hidden", "AWS_SECRET_ACCESS_KEY"),
            ("https://user:hidden@host/models", "\"https\""),
        ] {
            let error = ArtifactAddress::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("CLOSECAST_ARTIFACTS_URL"), "{text}: {error}");
            assert!(!error.contains("hidden"), "{text}: {error}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let settings = S3Settings {
            endpoint: Some("https://user:hidden@host".into()),
            access_key_id: Some("AKIA".into()),
            secret_access_key: Some(Secret::from("hidden".to_owned())),
            session_token: Some(Secret::from("hidden".to_owned())),
            ..S3Settings::default()
        };
        let shown = format!("{settings:?} {settings:#?}");
        assert!(shown.contains("***") && shown.contains("AKIA") && !shown.contains("hidden"), "{shown}");
        assert_eq!(settings.secret_access_key.unwrap().reveal(), "hidden");
    }
}
