//! A trained model: a history in, prices out.

use closecast_domain::{Forecast, ForecastError, History, ModelCard, ModelRef, Predict, Quantile, SessionForecast};
use closecast_eval::ResidualQuantile;
use closecast_features::{FittedScaler, Targets};
use closecast_nn::{Network, WindowSource};
use serde::{Deserialize, Serialize};

use crate::{
    TrainLog,
    dataset::{TargetScale, sessions_to_predict, unsuitable},
    epochs::engine,
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

    /// Returns the forecast log returns from the last close to each of the next sessions, and the σ of one day there.
    fn log_returns(&self, history: &History) -> Result<(Vec<f64>, f64), ForecastError> {
        let spec = &self.description.spec;
        let (have, need) = (history.len(), sessions_to_predict(spec));
        if have < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have, need });
        }
        let origin = have - 1;
        let features = spec.recipe.features().compute(history).map_err(unsuitable)?;
        let scaled = self.description.scaler.transform(&features).map_err(unsuitable)?;
        let source = WindowSource::new(scaled.as_slice(), scaled.n_features(), spec.lookback).map_err(unsuitable)?;
        let outputs = self.network.forward(&source, &[origin]).map_err(engine)?;
        let targets = Targets::compute(spec.recipe.target(), history, spec.horizon).map_err(unsuitable)?;
        let not_finite = || ForecastError::NonFinite {
            what: format!("the forecast of {}", history.symbol()),
            diagnosis: "the newest prices lie far from those the model was trained on: train it again".to_owned(),
        };
        let scale = self.description.target_scale;
        let unscale = |(output, step): (&f32, usize)| targets.unscale(origin, step, scale.target(*output));
        let returns: Option<Vec<f64>> = outputs.iter().zip(1..).map(unscale).collect();
        Ok((returns.ok_or_else(not_finite)?, targets.sigma(origin).ok_or_else(not_finite)?))
    }
}

impl Predict for LstmModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let (returns, sigma) = self.log_returns(history)?;
        let last = history.last();
        let dates = history.calendar().sessions_after(last.date, returns.len());
        let session = |((date, step), log_return): ((_, usize), &f64)| {
            let spread = sigma * (step as f64).sqrt();
            let quantiles = self.description.residuals.get(step - 1).map_or(&[][..], Vec::as_slice);
            SessionForecast {
                date,
                point: last.raw_close * log_return.exp(),
                quantiles: quantiles
                    .iter()
                    .map(|q| Quantile { level: q.level, price: last.raw_close * (log_return + spread * q.z).exp() })
                    .collect(),
            }
        };
        Ok(Forecast {
            symbol: history.symbol().clone(),
            as_of: last.date,
            last_close: last.raw_close,
            currency: history.currency().map(str::to_owned),
            model: ModelRef { name: self.description.card.name.clone(), sha256: self.sha256.clone() },
            sessions: dates.into_iter().zip(1..).zip(&returns).map(session).collect(),
        })
    }
}
