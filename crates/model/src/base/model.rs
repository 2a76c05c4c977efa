//! A trained BASE model.

use std::ops::Range;

use chrono::NaiveDate;
use closecast_domain::{
    BaseCard, Forecast, ForecastError, Head, History, ModelRef, Predict, Quantile, SessionForecast,
};
use closecast_eval::FeatureDays;
use closecast_nn::Network;
use serde::{Deserialize, Serialize};

use super::{
    calibration::{AdaptiveConformal, ConformalFactors},
    ensemble::{Ensemble, Sessions, Windows},
    inputs::Inputs,
    student::LEVELS,
};
use crate::{forecast_origin::ForecastOrigin, memory::description_bytes};

/// Index of the median in [`LEVELS`].
const MEDIAN: usize = LEVELS.len() / 2;

/// Everything of the model except its weights: the JSON document in the artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    pub(super) card: BaseCard,
    pub(super) head: Head,
    pub(super) inputs: Inputs,
    /// One for each session ahead.
    pub(super) factors: Vec<ConformalFactors>,
    /// Last session used in training; the intervals adapt to hits and misses on later sessions.
    pub(super) known_until: NaiveDate,
}

/// Networks over all symbols. The forecast is a distribution of the log close around the last close: the network learns the
/// spread and, by default, no direction. The intervals adapt to each symbol's hits and misses since the training.
#[derive(Clone, Debug)]
pub struct BaseModel {
    pub(super) ensemble: Ensemble,
    pub(super) description: Description,
    /// SHA-256 of the artifact; empty until the model is written or read.
    pub(super) sha256: String,
}

impl BaseModel {
    pub(super) fn new(ensemble: Ensemble, description: Description) -> Self {
        Self { ensemble, description, sha256: String::new() }
    }

    /// Returns the model card.
    #[must_use]
    pub fn card(&self) -> &BaseCard {
        &self.description.card
    }

    /// Returns the forecast distribution.
    #[must_use]
    pub fn head(&self) -> Head {
        self.description.head
    }

    /// Returns the number of units of the LSTM layer.
    #[must_use]
    pub fn hidden_size(&self) -> usize {
        self.ensemble.networks.first().map_or(0, |network| network.spec().hidden)
    }

    /// Returns the SHA-256 of the artifact; empty until the model is written or read.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Returns the minimum number of sessions for a forecast.
    pub(crate) fn sessions_needed(&self) -> usize {
        self.ensemble.need()
    }

    /// Returns whether a feature is computed from open, high or low.
    pub(crate) fn needs_ranges(&self) -> bool {
        self.description.inputs.needs_ranges()
    }

    /// Returns the newest feature values of `history` with their training reference.
    pub(crate) fn feature_days(&self, history: &History) -> Result<Vec<FeatureDays>, ForecastError> {
        self.ensemble.inputs.feature_days(history)
    }

    /// Returns the memory of the model after its first forecast, in bytes, accurate to a few per cent.
    pub(crate) fn memory_bytes(&self) -> usize {
        let networks: usize = self.ensemble.networks.iter().map(Network::memory_bytes).sum();
        size_of::<Self>() + networks + description_bytes(&self.description)
    }

    /// Returns the calibrated quantiles of the log returns from each of `origins`, and the logarithm of the symbol's adaptive
    /// factor for each session ahead at the last origin.
    ///
    /// All sessions since the training are forecast again, so that a forecast does not depend on the range of `origins`.
    fn log_quantiles(
        &self,
        history: &History,
        origins: Range<usize>,
    ) -> Result<(Vec<Sessions>, Vec<f64>), ForecastError> {
        let bars = history.bars();
        let unseen = bars.partition_point(|bar| bar.date <= self.description.known_until);
        // The last session that was used in training.
        let first = unseen.saturating_sub(1).max(self.ensemble.need() - 1).min(origins.start);
        let mut all = self.ensemble.quantiles(history, first..origins.end)?;
        let mut own = Vec::with_capacity(self.description.factors.len());
        for (ahead, factors) in (1..).zip(&self.description.factors) {
            let mut adaptive = AdaptiveConformal::default();
            for place in 0..all.len() {
                // The newest forecast whose close is known at this origin, if it was made since the training: earlier forecasts
                // are computed only if `origins` includes them.
                if let Some(settled) = place.checked_sub(ahead).filter(|settled| first + settled + 1 >= unseen) {
                    let origin = first + settled;
                    let realised = (bars[origin + ahead].close / bars[origin].close).ln();
                    adaptive.update(realised, &all[settled][ahead - 1]);
                }
                all[place][ahead - 1] = factors.apply(&all[place][ahead - 1], adaptive.log_factor());
            }
            own.push(adaptive.log_factor());
        }
        Ok((all.split_off(origins.start - first), own))
    }

    /// Computes the inputs at the last session of `history`.
    pub(crate) fn input(&self, history: &History) -> Result<BaseInput, ForecastError> {
        let origin = history.len() - 1;
        let (_, own) = self.log_quantiles(history, origin..origin + 1)?;
        Ok(BaseInput { windows: self.ensemble.windows(history, origin)?, own })
    }

    /// Returns the forecast from prepared inputs.
    pub(crate) fn forecast_from(&self, origin: &ForecastOrigin, input: &BaseInput) -> Result<Forecast, ForecastError> {
        let mut sessions = self.ensemble.quantiles_of(&input.windows)?;
        for ((quantiles, factors), own) in sessions.iter_mut().zip(&self.description.factors).zip(&input.own) {
            *quantiles = factors.apply(quantiles, *own);
        }
        self.priced(origin, &sessions)
    }

    /// Converts quantiles of log returns to a forecast of prices.
    fn priced(&self, origin: &ForecastOrigin, sessions: &Sessions) -> Result<Forecast, ForecastError> {
        let is_price = |quantile: &f64| (origin.last_close * quantile.exp()).is_normal();
        if !sessions.iter().flatten().all(is_price) {
            return Err(ForecastError::NonFinite {
                what: format!("the forecast of {} on {}", origin.symbol, origin.as_of),
                diagnosis: "the prices before it moved by many powers of ten: check them with `closecast check-data`"
                    .to_owned(),
            });
        }
        let session = |(&date, quantiles): (_, &[f64; LEVELS.len()])| SessionForecast {
            date,
            point: origin.last_close * quantiles[MEDIAN].exp(),
            quantiles: LEVELS
                .iter()
                .zip(quantiles)
                .map(|(&level, quantile)| Quantile { level, price: origin.last_close * quantile.exp() })
                .collect(),
        };
        let model = ModelRef { name: self.card().name.clone(), sha256: self.sha256.clone() };
        Ok(origin.forecast(model, origin.sessions.iter().zip(sessions).map(session).collect()))
    }
}

/// Inputs of the networks at one session, and the adaptive factors of the symbol.
#[derive(Clone, Debug)]
pub(crate) struct BaseInput {
    windows: Windows,
    /// Logarithm of the adaptive factor, for each session ahead.
    own: Vec<f64>,
}

impl BaseInput {
    /// Returns the number of values in the windows.
    pub(crate) fn values(&self) -> usize {
        self.windows.values()
    }
}

impl Predict for BaseModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let origin = history.len() - 1;
        let (mut sessions, _) = self.log_quantiles(history, origin..origin + 1)?;
        let sessions = sessions.pop().unwrap_or_default();
        self.priced(&ForecastOrigin::on(history, origin, sessions.len()), &sessions)
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        let (sessions, _) = self.log_quantiles(history, origins.clone())?;
        let priced = |(origin, sessions): (usize, &Sessions)| {
            self.priced(&ForecastOrigin::on(history, origin, sessions.len()), sessions)
        };
        origins.zip(&sessions).map(priced).collect()
    }
}
