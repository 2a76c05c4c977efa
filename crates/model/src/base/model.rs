//! The fitted form of BASE.

use std::ops::Range;

use chrono::NaiveDate;
use closecast_domain::{BaseCard, Forecast, ForecastError, History, ModelRef, Predict, Quantile, SessionForecast};
use closecast_eval::FeatureDays;
use closecast_nn::Network;
use serde::{Deserialize, Serialize};

use super::{
    calibration::{Factors, Follower},
    ensemble::{Ensemble, Sessions, Windows},
    head::Head,
    inputs::Inputs,
    student::LEVELS,
};
use crate::{prepared::Asked, trained::described_in};

/// Where the median is among [`LEVELS`].
const MEDIAN: usize = LEVELS.len() / 2;

/// Everything of the model but its weights: what the artifact carries as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    pub(super) card: BaseCard,
    pub(super) head: Head,
    pub(super) inputs: Inputs,
    /// For each session ahead.
    pub(super) factors: Vec<Factors>,
    /// Last session whose close was known to the weights: from the next one on, hits and misses say something.
    pub(super) known_until: NaiveDate,
}

/// Networks over all symbols. The forecast of a close is a distribution of its logarithm around the last close: the spread is
/// learned, a direction is not. The intervals follow each symbol's hits and misses since the training.
#[derive(Clone, Debug)]
pub struct BaseModel {
    pub(super) ensemble: Ensemble,
    pub(super) description: Description,
    /// Hash of the artifact; empty until it has been written or read.
    pub(super) sha256: String,
}

impl BaseModel {
    pub(super) fn new(ensemble: Ensemble, description: Description) -> Self {
        Self { ensemble, description, sha256: String::new() }
    }

    /// Returns what is known about the model.
    #[must_use]
    pub fn card(&self) -> &BaseCard {
        &self.description.card
    }

    /// Returns the distribution it gives.
    #[must_use]
    pub fn head(&self) -> Head {
        self.description.head
    }

    /// Returns the units of the LSTM layer.
    #[must_use]
    pub fn hidden_size(&self) -> usize {
        self.ensemble.networks.first().map_or(0, |network| network.spec().hidden)
    }

    /// Returns the hash of the artifact; empty until it has been written or read.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Returns the sessions that a forecast needs at least.
    pub(crate) fn sessions_needed(&self) -> usize {
        self.ensemble.need()
    }

    /// Returns whether it looks at how far prices moved within a day.
    pub(crate) fn needs_ranges(&self) -> bool {
        self.description.inputs.need_ranges()
    }

    /// Returns what the networks are given on the newest days of `history`, with what the training part was like.
    pub(crate) fn given(&self, history: &History) -> Result<Vec<FeatureDays>, ForecastError> {
        self.ensemble.inputs.given(history)
    }

    /// Returns the memory that the model takes once it has forecast, in bytes, within some per cent.
    pub(crate) fn memory_bytes(&self) -> usize {
        let networks: usize = self.ensemble.networks.iter().map(Network::memory_bytes).sum();
        size_of::<Self>() + networks + described_in(&self.description)
    }

    /// Returns the calibrated quantiles of the log returns from each of `origins`, and by which log factor the symbol's own
    /// hits and misses widen each session's from the last of them.
    ///
    /// All days since the training are forecast again, so that every forecast rests on the same past whichever way it is asked
    /// for.
    fn log_quantiles(
        &self,
        history: &History,
        origins: Range<usize>,
    ) -> Result<(Vec<Sessions>, Vec<f64>), ForecastError> {
        let bars = history.bars();
        let unseen = bars.partition_point(|bar| bar.date <= self.description.known_until);
        // The evening before the first session whose close the weights did not know.
        let first = unseen.saturating_sub(1).max(self.ensemble.need() - 1).min(origins.start);
        let mut all = self.ensemble.quantiles(history, first..origins.end)?;
        let mut own = Vec::with_capacity(self.description.factors.len());
        for (ahead, factors) in (1..).zip(&self.description.factors) {
            let mut follower = Follower::default();
            for place in 0..all.len() {
                // The newest forecast whose close is known on this evening, if it was made since the training: earlier ones
                // are at hand only when somebody asks for them.
                if let Some(settled) = place.checked_sub(ahead).filter(|settled| first + settled + 1 >= unseen) {
                    let origin = first + settled;
                    let realised = (bars[origin + ahead].close / bars[origin].close).ln();
                    follower.learn(realised, &all[settled][ahead - 1]);
                }
                all[place][ahead - 1] = factors.apply(&all[place][ahead - 1], follower.log_factor());
            }
            own.push(follower.log_factor());
        }
        Ok((all.split_off(origins.start - first), own))
    }

    /// Returns what the networks look at on the last evening of `history`.
    pub(crate) fn look(&self, history: &History) -> Result<BaseLook, ForecastError> {
        let origin = history.len() - 1;
        let (_, own) = self.log_quantiles(history, origin..origin + 1)?;
        Ok(BaseLook { windows: self.ensemble.look(history, origin)?, own })
    }

    /// Returns the forecast from what the networks look at.
    pub(crate) fn forecast_of(&self, asked: &Asked, look: &BaseLook) -> Result<Forecast, ForecastError> {
        let mut sessions = self.ensemble.quantiles_of(&look.windows)?;
        for ((quantiles, factors), own) in sessions.iter_mut().zip(&self.description.factors).zip(&look.own) {
            *quantiles = factors.apply(quantiles, *own);
        }
        self.priced(asked, &sessions)
    }

    /// Returns the forecast whose log returns have the quantiles `sessions`.
    fn priced(&self, asked: &Asked, sessions: &Sessions) -> Result<Forecast, ForecastError> {
        let is_price = |quantile: &f64| (asked.last_close * quantile.exp()).is_normal();
        if !sessions.iter().flatten().all(is_price) {
            return Err(ForecastError::NonFinite {
                what: format!("the forecast of {} on {}", asked.symbol, asked.as_of),
                diagnosis: "the prices before it moved by many powers of ten: check them with `closecast check-data`"
                    .to_owned(),
            });
        }
        let session = |(&date, quantiles): (_, &[f64; LEVELS.len()])| SessionForecast {
            date,
            point: asked.last_close * quantiles[MEDIAN].exp(),
            quantiles: LEVELS
                .iter()
                .zip(quantiles)
                .map(|(&level, quantile)| Quantile { level, price: asked.last_close * quantile.exp() })
                .collect(),
        };
        let model = ModelRef { name: self.card().name.clone(), sha256: self.sha256.clone() };
        Ok(asked.forecast(model, asked.sessions.iter().zip(sessions).map(session).collect()))
    }
}

/// What the networks look at on one evening, and what the symbol's hits and misses up to it say.
#[derive(Clone, Debug)]
pub(crate) struct BaseLook {
    windows: Windows,
    /// Log factor of the intervals of each session ahead.
    own: Vec<f64>,
}

impl BaseLook {
    /// Returns the numbers in the windows.
    pub(crate) fn values(&self) -> usize {
        self.windows.values()
    }
}

impl Predict for BaseModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let origin = history.len() - 1;
        let (mut sessions, _) = self.log_quantiles(history, origin..origin + 1)?;
        let sessions = sessions.pop().unwrap_or_default();
        self.priced(&Asked::on(history, origin, sessions.len()), &sessions)
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        let (sessions, _) = self.log_quantiles(history, origins.clone())?;
        let priced =
            |(origin, sessions): (usize, &Sessions)| self.priced(&Asked::on(history, origin, sessions.len()), sessions);
        origins.zip(&sessions).map(priced).collect()
    }
}
