//! Where artifacts are kept, and with which keys.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use object_store::path::Path as BlobPath;
use serde::Deserialize;

use super::error::BlobError;

/// What an S3 address looks like, told when another is given.
const FORM: &str = "write s3://bucket/prefix, or the path of a folder";

/// A text that must not be read by whoever sees a log. It has no `Display`, is never serialised, and its `Debug` is `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns the text itself, for the one who needs it.
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

/// Where artifacts are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactAddress {
    /// A folder of this machine.
    Local(PathBuf),
    /// The objects below a prefix of an S3 bucket. One prefix belongs to one database: garbage is collected in all of it.
    S3 {
        /// Name of the bucket.
        bucket: String,
        /// What all names begin with, without slash at either end; may be empty.
        prefix: String,
    },
}

impl ArtifactAddress {
    /// Reads `s3://bucket`, `s3://bucket/prefix` or the path of a folder.
    ///
    /// # Errors
    /// [`BlobError::Setting`] for another scheme, and for a bucket or a prefix that cannot be one. A text that seems to
    /// hold keys is not repeated.
    pub fn parse(text: &str) -> Result<Self, BlobError> {
        if let Some(rest) = text.strip_prefix("s3://") {
            return Self::parse_bucket(rest);
        }
        let scheme = text.split_once("://").map(|(scheme, _)| scheme).or(text.starts_with("s3:").then_some("s3:"));
        match scheme {
            Some(scheme) => Err(refused(&format!("{scheme:?} is no kind of place closecast knows: {FORM}"))),
            None if text.is_empty() => Err(refused(&format!("it is empty: {FORM}"))),
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
                "{bucket:?} cannot be a bucket, which has 3 to 63 letters, digits, dots and hyphens"
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

/// How to reach an S3 server. Nothing of it matters to a folder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct S3Settings {
    /// Address of the server, `https://host:port`; Amazon's own when absent.
    pub endpoint: Option<String>,
    /// Region of the bucket; `us-east-1` when absent.
    pub region: Option<String>,
    /// Name of the key.
    pub access_key_id: Option<String>,
    /// The key.
    pub secret_access_key: Option<Secret>,
    /// What temporary keys come with.
    pub session_token: Option<Secret>,
    /// Whether the server may be asked without TLS.
    pub allow_http: bool,
    /// Whether the bucket stands in the path of a request rather than in the name of the host. When absent, it does so for
    /// a server of one's own, and for a bucket with dots, which no certificate covers.
    pub path_style: Option<bool>,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A password before the host is refused when the server is to be asked, and must not be told until then.
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

/// Where artifacts are kept, and how that place is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactSettings {
    /// The place.
    pub address: ArtifactAddress,
    /// How an S3 server is reached.
    pub s3: S3Settings,
}

impl ArtifactSettings {
    /// Returns the settings of a folder of this machine.
    #[must_use]
    pub fn local(folder: &Path) -> Self {
        Self { address: ArtifactAddress::Local(folder.to_owned()), s3: S3Settings::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_folder_or_a_bucket_with_a_prefix() {
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
    fn another_address_is_refused_with_what_to_write_and_without_its_keys() {
        for (text, told) in [
            ("", "it is empty"),
            ("gs://models", "\"gs\""),
            ("file:///models", "\"file\""),
            ("s3:models", "s3://bucket/prefix"),
            ("s3://", "cannot be a bucket"),
            ("s3://ab", "\"ab\" cannot be a bucket"),
            ("s3://mod els", "cannot be a bucket"),
            ("s3://models/a//b", "the prefix"),
            ("s3://models/../b", "the prefix"),
            ("s3://AKIA:hidden@models", "AWS_SECRET_ACCESS_KEY"),
            ("s3://models?secret=hidden", "AWS_SECRET_ACCESS_KEY"),
            ("https://user:hidden@host/models", "\"https\""),
        ] {
            let error = ArtifactAddress::parse(text).unwrap_err().to_string();
            assert!(error.contains(told) && error.contains("CLOSECAST_ARTIFACTS_URL"), "{text}: {error}");
            assert!(!error.contains("hidden"), "{text}: {error}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
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
