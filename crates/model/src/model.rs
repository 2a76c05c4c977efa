//! A trained LSTM model of one symbol.

use closecast_domain::{
    Forecast, ForecastError, History, ModelCard, ModelRef, Predict, Quantile, SessionForecast, Symbol,
};
use closecast_eval::ResidualQuantile;
use closecast_features::{FittedScaler, OriginScale, Targets};
use closecast_nn::{Network, WindowSource};
use serde::{Deserialize, Serialize};

use crate::{
    TrainLog,
    dataset::{TargetScale, sessions_to_predict},
    error::{engine_error, into_forecast_error},
    forecast_origin::ForecastOrigin,
    memory::description_bytes,
    spec::ModelSpec,
};

/// Everything of a model except its weights: the JSON document in the artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    pub(crate) card: ModelCard,
    pub(crate) spec: ModelSpec,
    pub(crate) scaler: FittedScaler,
    pub(crate) target_scale: TargetScale,
    /// For each step ahead, quantiles of the standardised residuals in ascending order of level.
    pub(crate) residuals: Vec<Vec<ResidualQuantile>>,
    pub(crate) log: TrainLog,
}

/// A trained LSTM network with everything needed to serve it.
#[derive(Clone, Debug)]
pub struct LstmModel {
    pub(crate) network: Network,
    pub(crate) description: Description,
    /// SHA-256 of the artifact; empty until the model is written or read.
    pub(crate) sha256: String,
}

impl LstmModel {
    pub(crate) fn new(network: Network, description: Description) -> Self {
        Self { network, description, sha256: String::new() }
    }

    /// Returns the model card.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        &self.description.card
    }

    /// Returns the spec that the model was trained with.
    #[must_use]
    pub fn spec(&self) -> &ModelSpec {
        &self.description.spec
    }

    /// Returns the training log.
    #[must_use]
    pub fn log(&self) -> &TrainLog {
        &self.description.log
    }

    /// Returns the memory of the model after its first forecast, in bytes, accurate to a few per cent.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.network.memory_bytes() + description_bytes(&self.description)
    }

    /// Computes the network's input at the last session of `history`.
    pub(crate) fn input(&self, history: &History) -> Result<LstmInput, ForecastError> {
        let spec = &self.description.spec;
        let (have, need) = (history.len(), sessions_to_predict(spec));
        if have < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have, need });
        }
        let origin = have - 1;
        let features = spec.recipe.features().compute(history).map_err(into_forecast_error)?;
        let scaled = self.description.scaler.transform(&features).map_err(into_forecast_error)?;
        let window = &scaled.as_slice()[(have - spec.lookback) * scaled.n_features()..];
        let targets = Targets::compute(spec.recipe.target(), history, spec.horizon).map_err(into_forecast_error)?;
        let origin_scale = targets.origin_scale(origin).ok_or_else(|| not_finite(history.symbol()))?;
        Ok(LstmInput { window: window.to_vec(), width: scaled.n_features(), origin_scale })
    }

    /// Returns the forecast from a prepared input.
    pub(crate) fn forecast(&self, origin: &ForecastOrigin, input: &LstmInput) -> Result<Forecast, ForecastError> {
        let lookback = self.description.spec.lookback;
        let source = WindowSource::new(&input.window, input.width, lookback).map_err(into_forecast_error)?;
        let outputs = self.network.forward(&source, &[lookback - 1]).map_err(engine_error)?;
        let scale = self.description.target_scale;
        let unscale = |(output, step): (&f32, usize)| input.origin_scale.unscale(step, scale.target(*output));
        let returns: Option<Vec<f64>> = outputs.iter().zip(1..).map(unscale).collect();
        let (returns, sigma) = returns.zip(input.origin_scale.sigma()).ok_or_else(|| not_finite(&origin.symbol))?;
        let session = |((&date, step), log_return): ((_, usize), &f64)| {
            let spread = sigma * (step as f64).sqrt();
            let quantiles = self.description.residuals.get(step - 1).map_or(&[][..], Vec::as_slice);
            SessionForecast {
                date,
                point: origin.last_close * log_return.exp(),
                quantiles: quantiles
                    .iter()
                    .map(|q| Quantile { level: q.level, price: origin.last_close * (log_return + spread * q.z).exp() })
                    .collect(),
            }
        };
        let sessions: Vec<SessionForecast> = origin.sessions.iter().zip(1..).zip(&returns).map(session).collect();
        if !sessions.iter().all(is_priced) {
            return Err(not_finite(&origin.symbol));
        }
        let model = ModelRef { name: self.description.card.name.clone(), sha256: self.sha256.clone() };
        Ok(origin.forecast(model, sessions))
    }

    /// Returns the number of sessions that are forecast.
    pub(crate) fn horizon(&self) -> usize {
        self.description.spec.horizon
    }
}

/// Input of the network at one session.
#[derive(Clone, Debug)]
pub(crate) struct LstmInput {
    /// Scaled features, `[lookback, width]`.
    window: Vec<f32>,
    width: usize,
    origin_scale: OriginScale,
}

impl LstmInput {
    /// Returns the number of values in the window.
    pub(crate) fn values(&self) -> usize {
        self.window.len()
    }
}

/// Returns whether point and quantiles are positive finite prices: an exponential may overflow or underflow.
fn is_priced(session: &SessionForecast) -> bool {
    session.quantiles.iter().map(|quantile| quantile.price).chain([session.point]).all(f64::is_normal)
}

fn not_finite(symbol: &Symbol) -> ForecastError {
    ForecastError::NonFinite {
        what: format!("the forecast of {symbol}"),
        diagnosis: "the newest prices lie far from those the model was trained on: train it again".to_owned(),
    }
}

impl Predict for LstmModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        self.forecast(&ForecastOrigin::on_last(history, self.horizon()), &self.input(history)?)
    }
}
