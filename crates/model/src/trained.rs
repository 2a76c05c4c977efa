//! A trained model of either kind.

use std::ops::Range;

use closecast_domain::{Forecast, ForecastError, Head, History, Predict};
use closecast_nn::Network;

use crate::{ArtifactError, BaseModel, LstmModel, base, dataset::sessions_to_predict};

/// Whether a model depends on the daily price range (open, high, low).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeNeed {
    /// It uses closes only.
    None,
    /// The spread of its forecast depends on the range; the point, which is the last close, does not.
    Spread,
    /// Point and spread depend on the range.
    Everything,
}

/// A trained model of either kind.
#[derive(Clone, Debug)]
pub enum TrainedModel {
    /// Trained on one symbol.
    Lstm(Box<LstmModel>),
    /// Trained on many symbols, or fine-tuned from such a model.
    Base(Box<BaseModel>),
}

impl TrainedModel {
    /// Reads a model of either kind from `bytes`; the metadata name the kind.
    ///
    /// # Errors
    /// [`ArtifactError`] for bytes that are damaged, inconsistent, or of another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let (_, metadata) = Network::ensemble_from_safetensors(bytes)?;
        if metadata.get("format").is_some_and(|format| format == base::FORMAT) {
            return Ok(Self::Base(Box::new(BaseModel::from_bytes(bytes)?)));
        }
        Ok(Self::Lstm(Box::new(LstmModel::from_bytes(bytes)?)))
    }

    /// Returns the minimum number of sessions for a forecast.
    #[must_use]
    pub fn sessions_needed(&self) -> usize {
        match self {
            Self::Lstm(model) => sessions_to_predict(model.spec()),
            Self::Base(model) => model.sessions_needed(),
        }
    }

    /// Returns which part of the forecast is unusable if only closes are known.
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

    /// Returns the memory of the model after its first forecast, in bytes, accurate to a few per cent: about three times its
    /// weights, which the kernels also keep in two packed layouts, and its description.
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
