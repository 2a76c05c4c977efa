//! BASE as bytes: one safetensors file, its metadata one JSON document.

use std::collections::BTreeMap;

use closecast_nn::Network;
use sha2::{Digest, Sha256};

use super::{
    calibration::Factors,
    ensemble::Ensemble,
    model::{BaseModel, Description},
};
use crate::{ArtifactError, fingerprint::hex};

/// Version of the layout. A reader refuses what it does not know.
pub(crate) const FORMAT: &str = "closecast-base-1";

/// The model that ships with the program.
static SHIPPED: &[u8] = include_bytes!("../../assets/base.safetensors");

impl BaseModel {
    /// Returns the model that ships with the program: trained on public daily prices, which its card names.
    ///
    /// # Errors
    /// [`ArtifactError`] never, unless the program itself is damaged.
    pub fn shipped() -> Result<Self, ArtifactError> {
        Self::from_bytes(SHIPPED)
    }

    /// Returns the size of that model's file.
    #[must_use]
    pub fn shipped_size() -> usize {
        SHIPPED.len()
    }

    /// Returns the model as bytes and remembers their hash. The same model gives the same bytes.
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

    /// Returns the model of `bytes`.
    ///
    /// # Errors
    /// [`ArtifactError`] for bytes that are not a model of this version, are damaged, or contradict themselves.
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

/// Refuses a description that does not belong to these weights.
fn check(networks: &[Network], description: &Description) -> Result<(), ArtifactError> {
    let wrong = |what: &str| Err(ArtifactError::Contradiction(what.to_owned()));
    let card = &description.card;
    if !(2..=1000).contains(&card.lookback) || !(1..=60).contains(&card.horizon) {
        return wrong("lookback or horizon is out of range");
    }
    let (inputs, head) = (&description.inputs, description.head);
    if (&card.features, &card.market_features) != (&inputs.names(), &inputs.market_names()) {
        return wrong("the card names other features than the inputs");
    }
    if (card.members, card.head.as_str()) != (networks.len(), head.name()) {
        return wrong("the card names another number of networks, or another head");
    }
    if !inputs.are_scaled() {
        return wrong("the scalers have another number of features than the inputs");
    }
    if networks.iter().any(|network| network.spec().inputs != inputs.width()) {
        return wrong("the inputs have another number of features than the network");
    }
    let outputs = head.loss().outputs_per_target() * card.horizon;
    if networks.iter().any(|network| network.spec().outputs != outputs) {
        return wrong("the network's outputs are not those of the horizon");
    }
    if description.factors.len() != card.horizon || !description.factors.iter().all(Factors::are_usable) {
        return wrong("the factors of the intervals are not those of the horizon, or not positive");
    }
    Ok(())
}
