//! Forecasts in two steps: the inputs, computed once a session from the history, and the forward pass of the network.

use closecast_domain::{Forecast, ForecastError, History};

use crate::{TrainedModel, base::BaseInput, forecast_origin::ForecastOrigin, model::LstmInput};

/// Inputs of a model at the last session of a history: features, scales, and the state of the adaptive intervals. A server
/// caches it as long as history and model do not change; each forecast is then one forward pass.
#[derive(Clone, Debug)]
pub struct PreparedInput {
    origin: ForecastOrigin,
    input: ModelInput,
}

#[derive(Clone, Debug)]
enum ModelInput {
    Lstm(LstmInput),
    Base(BaseInput),
}

impl PreparedInput {
    /// Returns its memory in bytes, without names and dates.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let window = match &self.input {
            ModelInput::Lstm(input) => input.values(),
            ModelInput::Base(input) => input.values(),
        };
        size_of::<Self>() + window * size_of::<f32>()
    }
}

impl TrainedModel {
    /// Computes the inputs of the model from `history`.
    ///
    /// # Errors
    /// [`ForecastError`] when the history is too short or features cannot be computed.
    pub fn prepare(&self, history: &History) -> Result<PreparedInput, ForecastError> {
        let (horizon, input) = match self {
            Self::Lstm(model) => (model.horizon(), ModelInput::Lstm(model.input(history)?)),
            Self::Base(model) => (model.card().horizon, ModelInput::Base(model.input(history)?)),
        };
        Ok(PreparedInput { origin: ForecastOrigin::on_last(history, horizon), input })
    }

    /// Returns the forecast from prepared inputs, bit-identical to the forecast from the history.
    ///
    /// # Errors
    /// [`ForecastError::Unsuitable`] when the inputs were prepared for another kind of model, [`ForecastError::NonFinite`] when
    /// the forecast is not a price.
    pub fn forecast(&self, prepared: &PreparedInput) -> Result<Forecast, ForecastError> {
        match (self, &prepared.input) {
            (Self::Lstm(model), ModelInput::Lstm(input)) => model.forecast(&prepared.origin, input),
            (Self::Base(model), ModelInput::Base(input)) => model.forecast_from(&prepared.origin, input),
            _ => Err(ForecastError::Unsuitable("the inputs were prepared for another kind of model".to_owned())),
        }
    }
}
