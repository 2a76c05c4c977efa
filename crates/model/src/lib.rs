#![doc = include_str!("../README.md")]

mod artifact;
mod assessment;
mod base;
mod dataset;
mod epochs;
mod error;
mod feature_days;
mod fingerprint;
mod forecast_origin;
mod inputs_drift;
mod memory;
mod model;
mod name;
mod prepared;
mod spec;
mod trained;
mod trainer;
pub mod tune;

pub use artifact::ArtifactError;
pub use base::{
    BaseForecaster, BaseModel, BaseSpec, CheckedBaseSpec, FineTunedForecaster, MIN_MARKET_SYMBOLS, market_leak,
    markets_of, with_markets,
};
pub use closecast_domain::Head;
pub use epochs::{EpochLog, StopReason, TrainLog};
pub use fingerprint::fingerprint;
pub use inputs_drift::InputDrift;
pub use model::LstmModel;
pub use name::is_model_name;
pub use prepared::PreparedInput;
pub use spec::{Architecture, CheckedSpec, ModelSpec, Recipe, SpecError};
pub use trained::{RangeNeed, TrainedModel};
pub use trainer::LstmForecaster;

/// Returns the name of the instruction set that the engine uses on this processor.
pub fn instruction_set() -> &'static str {
    closecast_nn::InstructionSet::best().name()
}
