//! Any model that closecast can train, read back from bytes.

use std::ops::Range;

use closecast_domain::{Forecast, ForecastError, History, Predict};
use closecast_nn::Network;
use serde::Serialize;

use crate::{ArtifactError, BaseModel, Head, LstmModel, base, dataset::sessions_to_predict};

/// Memory that a description takes for each byte of its text: names and lists are larger in memory, and a model has some of them
/// twice. Measured on BASE, where it is 1.7.
const MEMORY_PER_BYTE_OF_TEXT: usize = 2;

/// Returns the memory that a description takes, in bytes.
pub(crate) fn described_in(description: &impl Serialize) -> usize {
    serde_json::to_string(description).map_or(0, |text| MEMORY_PER_BYTE_OF_TEXT * text.len())
}

/// What a model needs to know of how far the price moved within a day, by open, high and low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeNeed {
    /// Nothing: closes alone will do.
    None,
    /// The spread of its forecast rests on them; its point does not, for it is the last close.
    Spread,
    /// The whole forecast rests on them.
    Everything,
}

/// A trained model of either kind.
#[derive(Clone, Debug)]
pub enum TrainedModel {
    /// Trained on one symbol alone.
    Lstm(Box<LstmModel>),
    /// Of all symbols, or fine-tuned from that.
    Base(Box<BaseModel>),
}

impl TrainedModel {
    /// Returns the model of `bytes`, whichever kind its metadata name.
    ///
    /// # Errors
    /// [`ArtifactError`] for bytes that are not a model of this version, are damaged, or contradict themselves.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let (_, metadata) = Network::ensemble_from_safetensors(bytes)?;
        if metadata.get("format").is_some_and(|format| format == base::FORMAT) {
            return Ok(Self::Base(Box::new(BaseModel::from_bytes(bytes)?)));
        }
        Ok(Self::Lstm(Box::new(LstmModel::from_bytes(bytes)?)))
    }

    /// Returns the sessions that a forecast needs at least.
    #[must_use]
    pub fn sessions_needed(&self) -> usize {
        match self {
            Self::Lstm(model) => sessions_to_predict(model.spec()),
            Self::Base(model) => model.sessions_needed(),
        }
    }

    /// Returns what becomes worthless where only closes are known.
    #[must_use]
    pub fn range_need(&self) -> RangeNeed {
        let (looks, whole) = match self {
            Self::Lstm(model) => (model.spec().recipe.features().kinds().iter().any(|kind| kind.needs_ranges()), true),
            Self::Base(model) => (model.needs_ranges(), model.head() != Head::Spread),
        };
        match (looks, whole) {
            (false, _) => RangeNeed::None,
            (true, false) => RangeNeed::Spread,
            (true, true) => RangeNeed::Everything,
        }
    }

    /// Returns the memory that the model takes once it has forecast, in bytes, within some per cent: about three times its
    /// weights, which the kernels read in two orders of their own, and its description.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Lstm(model) => model.memory_bytes(),
            Self::Base(model) => model.memory_bytes(),
        }
    }
}

impl Predict for TrainedModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        match self {
            Self::Lstm(model) => model.predict(history),
            Self::Base(model) => model.predict(history),
        }
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        match self {
            Self::Lstm(model) => model.predict_each(history, origins),
            Self::Base(model) => model.predict_each(history, origins),
        }
    }
}
