//! Artifacts of BASE: one safetensors file whose metadata is one JSON document.

use std::collections::BTreeMap;

use closecast_nn::Network;
use sha2::{Digest, Sha256};

use super::{
    calibration::ConformalFactors,
    ensemble::Ensemble,
    head::loss,
    model::{BaseModel, Description},
};
use crate::{ArtifactError, fingerprint::hex};

/// Version of the layout. A reader refuses other versions.
pub(crate) const FORMAT: &str = "closecast-base-1";

/// The model that ships with the program.
static SHIPPED: &[u8] = include_bytes!("../../assets/base.safetensors");

impl BaseModel {
    /// Returns the model that ships with the program. It is trained on public daily prices; its card names the sources.
    ///
    /// # Errors
    /// [`ArtifactError`] only if the program file is damaged.
    pub fn shipped() -> Result<Self, ArtifactError> {
        Self::from_bytes(SHIPPED)
    }

    /// Returns the size of the shipped artifact in bytes.
    #[must_use]
    pub fn shipped_size() -> usize {
        SHIPPED.len()
    }

    /// Serializes the model and stores the hash of the bytes. The same model gives the same bytes.
    ///
    /// # Errors
    /// [`ArtifactError`] when the description cannot be written.
    pub fn to_bytes(&mut self) -> Result<Vec<u8>, ArtifactError> {
        let metadata = BTreeMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("closecast".to_owned(), serde_json::to_string(&self.description)?),
        ]);
        let bytes = Network::ensemble_to_safetensors(&self.ensemble.networks, metadata)?;
        self.sha256 = hex(&Sha256::digest(&bytes));
        Ok(bytes)
    }

    /// Reads a model from `bytes`.
    ///
    /// # Errors
    /// [`ArtifactError`] for bytes that are damaged, inconsistent, or of another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let (networks, metadata) = Network::ensemble_from_safetensors(bytes)?;
        let found = metadata.get("format").map_or("without a format", String::as_str);
        if found != FORMAT {
            return Err(ArtifactError::Format { expected: FORMAT, found: found.to_owned() });
        }
        let description: Description = serde_json::from_str(metadata.get("closecast").map_or("", String::as_str))?;
        check(&networks, &description)?;
        let (inputs, card) = (description.inputs.clone(), &description.card);
        let ensemble =
            Ensemble { inputs, networks, lookback: card.lookback, horizon: card.horizon, head: description.head };
        Ok(Self { sha256: hex(&Sha256::digest(bytes)), ..Self::new(ensemble, description) })
    }
}

/// Checks that the description matches the weights.
fn check(networks: &[Network], description: &Description) -> Result<(), ArtifactError> {
    let wrong = |what: &str| Err(ArtifactError::Contradiction(what.to_owned()));
    let card = &description.card;
    if !(2..=1000).contains(&card.lookback) || !(1..=60).contains(&card.horizon) {
        return wrong("lookback or horizon is out of range");
    }
    let (inputs, head) = (&description.inputs, description.head);
    if (&card.features, &card.market_features) != (&inputs.names(), &inputs.market_names()) {
        return wrong("the features of the card differ from those of the inputs");
    }
    if (card.members, card.head) != (networks.len(), head) {
        return wrong("the card's number of networks or its head differs from the model's");
    }
    if !inputs.are_scaled() {
        return wrong("the number of features of the scalers differs from that of the inputs");
    }
    if networks.iter().any(|network| network.spec().inputs != inputs.width()) {
        return wrong("the number of features of the inputs differs from that of the network");
    }
    let outputs = loss(head).outputs_per_target() * card.horizon;
    if networks.iter().any(|network| network.spec().outputs != outputs) {
        return wrong("the number of network outputs does not match the horizon");
    }
    if description.factors.len() != card.horizon || !description.factors.iter().all(ConformalFactors::are_valid) {
        return wrong("the interval factors must be positive, one set for each session of the horizon");
    }
    Ok(())
}
