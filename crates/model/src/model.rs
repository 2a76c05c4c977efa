//! A trained model: a history in, prices out.

use closecast_domain::{
    Forecast, ForecastError, History, ModelCard, ModelRef, Predict, Quantile, SessionForecast, Symbol,
};
use closecast_eval::ResidualQuantile;
use closecast_features::{Evening, FittedScaler, Targets};
use closecast_nn::{Network, WindowSource};
use serde::{Deserialize, Serialize};

use crate::{
    TrainLog,
    dataset::{TargetScale, sessions_to_predict, unsuitable},
    epochs::engine,
    prepared::Asked,
    spec::ModelSpec,
    trained::described_in,
};

/// Everything of a model but its weights: what the artifact carries as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    pub(crate) card: ModelCard,
    pub(crate) spec: ModelSpec,
    pub(crate) scaler: FittedScaler,
    pub(crate) target_scale: TargetScale,
    /// For each step ahead, quantiles of the standardised residuals by rising level.
    pub(crate) residuals: Vec<Vec<ResidualQuantile>>,
    pub(crate) log: TrainLog,
}

/// A trained LSTM network with all that is needed to serve it.
#[derive(Clone, Debug)]
pub struct LstmModel {
    pub(crate) network: Network,
    pub(crate) description: Description,
    /// Hash of the artifact; empty until it has been written or read.
    pub(crate) sha256: String,
}

impl LstmModel {
    pub(crate) fn new(network: Network, description: Description) -> Self {
        Self { network, description, sha256: String::new() }
    }

    /// Returns what is known about the model.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        &self.description.card
    }

    /// Returns what was trained.
    #[must_use]
    pub fn spec(&self) -> &ModelSpec {
        &self.description.spec
    }

    /// Returns what happened in the training.
    #[must_use]
    pub fn log(&self) -> &TrainLog {
        &self.description.log
    }

    /// Returns the memory that the model takes once it has forecast, in bytes, within some per cent.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.network.memory_bytes() + described_in(&self.description)
    }

    /// Returns what the network looks at on the last evening of `history`.
    pub(crate) fn look(&self, history: &History) -> Result<Look, ForecastError> {
        let spec = &self.description.spec;
        let (have, need) = (history.len(), sessions_to_predict(spec));
        if have < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have, need });
        }
        let origin = have - 1;
        let features = spec.recipe.features().compute(history).map_err(unsuitable)?;
        let scaled = self.description.scaler.transform(&features).map_err(unsuitable)?;
        let window = &scaled.as_slice()[(have - spec.lookback) * scaled.n_features()..];
        let targets = Targets::compute(spec.recipe.target(), history, spec.horizon).map_err(unsuitable)?;
        let evening = targets.evening(origin).ok_or_else(|| not_finite(history.symbol()))?;
        Ok(Look { window: window.to_vec(), width: scaled.n_features(), evening })
    }

    /// Returns the forecast from what the network looks at.
    pub(crate) fn forecast(&self, asked: &Asked, look: &Look) -> Result<Forecast, ForecastError> {
        let lookback = self.description.spec.lookback;
        let source = WindowSource::new(&look.window, look.width, lookback).map_err(unsuitable)?;
        let outputs = self.network.forward(&source, &[lookback - 1]).map_err(engine)?;
        let scale = self.description.target_scale;
        let unscale = |(output, step): (&f32, usize)| look.evening.unscale(step, scale.target(*output));
        let returns: Option<Vec<f64>> = outputs.iter().zip(1..).map(unscale).collect();
        let (returns, sigma) = returns.zip(look.evening.sigma()).ok_or_else(|| not_finite(&asked.symbol))?;
        let session = |((&date, step), log_return): ((_, usize), &f64)| {
            let spread = sigma * (step as f64).sqrt();
            let quantiles = self.description.residuals.get(step - 1).map_or(&[][..], Vec::as_slice);
            SessionForecast {
                date,
                point: asked.last_close * log_return.exp(),
                quantiles: quantiles
                    .iter()
                    .map(|q| Quantile { level: q.level, price: asked.last_close * (log_return + spread * q.z).exp() })
                    .collect(),
            }
        };
        let sessions: Vec<SessionForecast> = asked.sessions.iter().zip(1..).zip(&returns).map(session).collect();
        if !sessions.iter().all(is_priced) {
            return Err(not_finite(&asked.symbol));
        }
        let model = ModelRef { name: self.description.card.name.clone(), sha256: self.sha256.clone() };
        Ok(asked.forecast(model, sessions))
    }

    /// Returns the sessions that are forecast.
    pub(crate) fn horizon(&self) -> usize {
        self.description.spec.horizon
    }
}

/// What the network looks at on one evening.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// Scaled features, `[lookback, width]`.
    window: Vec<f32>,
    width: usize,
    evening: Evening,
}

impl Look {
    /// Returns the numbers in the window.
    pub(crate) fn values(&self) -> usize {
        self.window.len()
    }
}

/// Returns whether point and quantiles are prices: the exponential of a number may be infinity or 0.
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
        self.forecast(&Asked::on_last(history, self.horizon()), &self.look(history)?)
    }
}
