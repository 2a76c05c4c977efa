//! The fitted form of BASE.

use std::ops::Range;

use closecast_domain::{Bar, Forecast, ForecastError, History, ModelRef, Predict, Quantile, SessionForecast};
use closecast_features::{FeatureSet, FittedScaler, TargetKind, Targets};
use closecast_nn::{Network, StudentT, WindowSource};

use super::student::{LEVELS, unit_quantiles};
use crate::{dataset::unsuitable, epochs::engine};

/// Networks over all symbols. The forecast of a close is Student's t in log prices around the last close: the spread is
/// learned, a direction is not.
#[derive(Clone, Debug)]
pub struct BaseModel {
    set: FeatureSet,
    scaler: FittedScaler,
    networks: Vec<Network>,
    lookback: usize,
    horizon: usize,
}

impl BaseModel {
    pub(super) fn new(
        set: FeatureSet,
        scaler: FittedScaler,
        networks: Vec<Network>,
        (lookback, horizon): (usize, usize),
    ) -> Self {
        Self { set, scaler, networks, lookback, horizon }
    }

    /// Returns the quantiles of the log returns at [`LEVELS`], `[origin][session]`, averaged over the networks.
    fn log_quantiles(
        &self,
        history: &History,
        origins: Range<usize>,
    ) -> Result<Vec<Vec<[f64; LEVELS.len()]>>, ForecastError> {
        let need = self.set.warm_up() + self.lookback;
        if origins.start + 1 < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: origins.start + 1, need });
        }
        let features = self.set.compute(history).map_err(unsuitable)?;
        let features = self.scaler.transform(&features).map_err(unsuitable)?;
        let source =
            WindowSource::new(features.as_slice(), features.n_features(), self.lookback).map_err(unsuitable)?;
        let targets = Targets::compute(TargetKind::ScaledLogReturn, history, self.horizon).map_err(unsuitable)?;
        let origins: Vec<usize> = origins.collect();
        let mut all = vec![vec![[0.0; LEVELS.len()]; self.horizon]; origins.len()];
        let share = 1.0 / self.networks.len() as f64;
        for network in &self.networks {
            let outputs = network.forward(&source, &origins).map_err(engine)?;
            for ((outputs, origin), sums) in outputs.chunks_exact(2 * self.horizon).zip(&origins).zip(&mut all) {
                let sigma = targets.sigma(*origin).ok_or_else(|| unsuitable("a day has no volatility yet"))?;
                for ((outputs, ahead), sums) in outputs.as_chunks::<2>().0.iter().zip(1..).zip(sums) {
                    let t = StudentT::from_outputs([0.0, outputs[0], outputs[1]]);
                    let unit = sigma * f64::from(ahead).sqrt() * t.scale * share;
                    for (sum, quantile) in sums.iter_mut().zip(unit_quantiles(t.degrees_of_freedom)) {
                        *sum += unit * quantile;
                    }
                }
            }
        }
        Ok(all)
    }

    fn forecast(&self, history: &History, last: &Bar, sessions: &[[f64; LEVELS.len()]]) -> Forecast {
        let dates = history.calendar().sessions_after(last.date, sessions.len());
        let session = |(date, quantiles): (_, &[f64; LEVELS.len()])| SessionForecast {
            date,
            point: last.raw_close,
            quantiles: LEVELS
                .iter()
                .zip(quantiles)
                .map(|(&level, quantile)| Quantile { level, price: last.raw_close * quantile.exp() })
                .collect(),
        };
        Forecast {
            symbol: history.symbol().clone(),
            as_of: last.date,
            last_close: last.raw_close,
            currency: history.currency().map(str::to_owned),
            model: ModelRef { name: "base".to_owned(), sha256: String::new() },
            sessions: dates.into_iter().zip(sessions).map(session).collect(),
        }
    }
}

impl Predict for BaseModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let origin = history.len() - 1;
        let sessions = self.log_quantiles(history, origin..origin + 1)?;
        let sessions = sessions.first().map_or(&[][..], Vec::as_slice);
        Ok(self.forecast(history, history.last(), sessions))
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        let sessions = self.log_quantiles(history, origins.clone())?;
        let bars = &history.bars()[origins];
        Ok(bars.iter().zip(&sessions).map(|(last, sessions)| self.forecast(history, last, sessions)).collect())
    }
}
