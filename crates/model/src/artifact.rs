//! Model artifacts: one safetensors file whose metadata is one JSON document. Reading an artifact runs no code.

use std::collections::BTreeMap;

use closecast_eval::ResidualQuantile;
use closecast_nn::{Network, NnError};
use sha2::{Digest, Sha256};

use crate::{
    fingerprint::hex,
    model::{Description, LstmModel},
};

/// Version of the layout. A reader refuses other versions.
const FORMAT: &str = "closecast-model-1";

/// Why bytes cannot be read as a model.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// Not safetensors, or weights that do not fit the network.
    #[error("the model file cannot be read: {0}")]
    Weights(#[from] NnError),
    /// Safetensors of another format or of another version of closecast.
    #[error(
        "the model file is not in the format {expected}, but {found}: train the model again or use the version that wrote it"
    )]
    Format {
        /// Format that this version reads.
        expected: &'static str,
        /// Format that the file names.
        found: String,
    },
    /// Metadata that cannot be parsed.
    #[error("the description in the model file cannot be read: {0}")]
    Description(#[from] serde_json::Error),
    /// Weights and description that do not match.
    #[error("the model file contradicts itself: {0}")]
    Contradiction(String),
}

impl LstmModel {
    /// Serializes the model and stores the hash of the bytes. The same model gives the same bytes.
    ///
    /// # Errors
    /// [`ArtifactError`] when the weights are not finite or the description cannot be written.
    pub fn to_bytes(&mut self) -> Result<Vec<u8>, ArtifactError> {
        let metadata = BTreeMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("closecast".to_owned(), serde_json::to_string(&self.description)?),
        ]);
        let bytes = self.network.to_safetensors(metadata)?;
        self.sha256 = hex(&Sha256::digest(&bytes));
        Ok(bytes)
    }

    /// Reads a model from `bytes`.
    ///
    /// # Errors
    /// [`ArtifactError`] for bytes that are damaged, inconsistent, or of another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let (network, metadata) = Network::from_safetensors(bytes)?;
        let found = metadata.get("format").map_or("without a format", String::as_str);
        if found != FORMAT {
            return Err(ArtifactError::Format { expected: FORMAT, found: found.to_owned() });
        }
        let description: Description = serde_json::from_str(metadata.get("closecast").map_or("", String::as_str))?;
        check(&network, &description)?;
        Ok(Self { network, description, sha256: hex(&Sha256::digest(bytes)) })
    }
}

/// Checks that the description matches the weights.
fn check(network: &Network, description: &Description) -> Result<(), ArtifactError> {
    let wrong = |what: &str| Err(ArtifactError::Contradiction(what.to_owned()));
    let spec = description.spec.clone().check().map_err(|error| ArtifactError::Contradiction(error.to_string()))?;
    if spec.network() != network.spec() {
        return wrong("the weights do not match the network that the description names");
    }
    if description.scaler.scales().len() != network.spec().inputs {
        return wrong("the number of features of the scaler differs from that of the network");
    }
    if description.residuals.len() != spec.spec().horizon {
        return wrong("the number of residual lists differs from the horizon");
    }
    let scale = description.target_scale;
    if !(scale.offset.is_finite() && scale.unit.is_finite() && scale.unit > 0.0) {
        return wrong("the scale of the target must be finite and above zero");
    }
    if !description.residuals.iter().flatten().all(|q| q.z.is_finite()) {
        return wrong("a residual is not finite");
    }
    if !description.residuals.iter().all(|quantiles| are_in_order(quantiles)) {
        return wrong("the residual quantiles must rise with their levels, and levels must lie between 0 and 1");
    }
    Ok(())
}

/// Returns whether levels rise within (0, 1) and residuals do not fall.
fn are_in_order(quantiles: &[ResidualQuantile]) -> bool {
    let inside = quantiles.iter().all(|quantile| quantile.level > 0.0 && quantile.level < 1.0);
    inside && quantiles.windows(2).all(|pair| pair[0].level < pair[1].level && pair[0].z <= pair[1].z)
}
