//! Models that are kept loaded.

use closecast_model::TrainedModel;
use closecast_store::ModelVersion;

use crate::{error::AppError, model_cache::ModelCache};

/// A version of a model, loaded.
pub struct LoadedModel {
    /// The version.
    pub version: ModelVersion,
    /// The model itself.
    pub model: TrainedModel,
}

/// The models that are kept loaded.
pub type Models = ModelCache<LoadedModel, AppError>;
