//! A model as bytes: one safetensors file, its metadata one JSON document. Never a pickle: reading runs no code.

use std::collections::BTreeMap;

use closecast_eval::ResidualQuantile;
use closecast_nn::{Network, NnError};
use sha2::{Digest, Sha256};

use crate::{
    fingerprint::hex,
    model::{Description, LstmModel},
};

/// Version of the layout. A reader refuses what it does not know.
const FORMAT: &str = "closecast-model-1";

/// Why bytes are not a model.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// Not safetensors, or weights that do not fit the network.
    #[error("the model file cannot be read: {0}")]
    Weights(#[from] NnError),
    /// Safetensors of something else, or of another version of closecast.
    #[error(
        "the model file is not in the format {expected}, but {found}: train the model again or use the version that wrote it"
    )]
    Format {
        /// What is read.
        expected: &'static str,
        /// What the file says.
        found: String,
    },
    /// Metadata that do not make sense.
    #[error("the description in the model file cannot be read: {0}")]
    Description(#[from] serde_json::Error),
    /// Parts that do not belong together.
    #[error("the model file contradicts itself: {0}")]
    Contradiction(String),
}

impl LstmModel {
    /// Returns the model as bytes and remembers their hash. The same model gives the same bytes.
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

    /// Returns the model of `bytes`.
    ///
    /// # Errors
    /// [`ArtifactError`] for bytes that are not a model of this version, are damaged, or contradict themselves.
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

/// Refuses a description that does not belong to these weights.
fn check(network: &Network, description: &Description) -> Result<(), ArtifactError> {
    let wrong = |what: &str| Err(ArtifactError::Contradiction(what.to_owned()));
    let spec = description.spec.clone().check().map_err(|error| ArtifactError::Contradiction(error.to_string()))?;
    if spec.network() != network.spec() {
        return wrong("the weights are not those of the network described");
    }
    if description.scaler.scales().len() != network.spec().inputs {
        return wrong("the scaler has another number of features than the network");
    }
    if description.residuals.len() != spec.spec().horizon {
        return wrong("the residuals are not those of the horizon");
    }
    let scale = description.target_scale;
    if !(scale.offset.is_finite() && scale.unit.is_finite() && scale.unit > 0.0) {
        return wrong("the scale of the target is not a number above zero");
    }
    if !description.residuals.iter().flatten().all(|q| q.z.is_finite()) {
        return wrong("a residual is not finite");
    }
    if !description.residuals.iter().all(|quantiles| are_in_order(quantiles)) {
        return wrong("the residuals do not rise with their levels, or a level is not between 0 and 1");
    }
    Ok(())
}

/// Returns whether levels rise within (0, 1), and residuals with them.
fn are_in_order(quantiles: &[ResidualQuantile]) -> bool {
    let inside = quantiles.iter().all(|quantile| quantile.level > 0.0 && quantile.level < 1.0);
    inside && quantiles.windows(2).all(|pair| pair[0].level < pair[1].level && pair[0].z <= pair[1].z)
}
