//! Where artifacts are kept.

use crate::error::CliError;
use std::{fmt, path::Path};

use closecast_store::{ArtifactAddress, ArtifactSettings, S3Settings, Secret};
use serde::{Deserialize, Serialize};

use super::environment::Environment;

/// Settings of the artifacts: the section `[artifacts]`, and the keys of S3, which only the environment gives.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ArtifactSection {
    /// `s3://bucket/prefix` or a folder; `artifacts` in the data folder when absent.
    pub(crate) url: Option<String>,
    /// Address of the S3 server; Amazon's own when absent.
    pub(crate) endpoint: Option<String>,
    /// Region of the bucket.
    pub(crate) region: Option<String>,
    /// Whether the S3 server may be asked without TLS.
    pub(crate) allow_http: bool,
    /// Whether the bucket stands in the path of a request; as the server usually wants it when absent.
    pub(crate) path_style: Option<bool>,
    #[serde(skip)]
    pub(super) keys: Keys,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Keys {
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    session_token: Option<Secret>,
}

impl ArtifactSection {
    /// Takes the keys of S3 from the environment.
    pub(super) fn read_keys(&mut self, environment: &Environment<'_>) {
        self.keys = Keys {
            access_key_id: environment.get("AWS_ACCESS_KEY_ID"),
            secret_access_key: environment.get("AWS_SECRET_ACCESS_KEY").map(Secret::from),
            session_token: environment.get("AWS_SESSION_TOKEN").map(Secret::from),
        };
    }

    /// Returns what the store needs to know, with a folder in `data_dir` where no address is set.
    ///
    /// # Errors
    /// [`CliError::Settings`] when the address cannot be one.
    pub(super) fn settings(&self, data_dir: &Path) -> Result<ArtifactSettings, CliError> {
        let address = match self.url.as_deref().filter(|url| !url.is_empty()) {
            Some(url) => ArtifactAddress::parse(url).map_err(|error| CliError::Settings(error.to_string()))?,
            None => ArtifactAddress::Local(data_dir.join("artifacts")),
        };
        Ok(ArtifactSettings { address, s3: self.s3() })
    }

    fn s3(&self) -> S3Settings {
        S3Settings {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            access_key_id: self.keys.access_key_id.clone(),
            secret_access_key: self.keys.secret_access_key.clone(),
            session_token: self.keys.session_token.clone(),
            allow_http: self.allow_http,
            path_style: self.path_style,
        }
    }
}

/// Without what a mistake may have put into the addresses.
impl fmt::Debug for ArtifactSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.url.as_deref().and_then(|url| ArtifactAddress::parse(url).ok());
        f.debug_struct("ArtifactSection").field("address", &address).field("s3", &self.s3()).finish()
    }
}
