//! The networks of BASE and the quantiles they forecast.

use std::ops::Range;

use closecast_domain::{ForecastError, Head, History};
use closecast_features::{TargetKind, Targets};
use closecast_nn::{Network, WindowSource};

use super::{
    head,
    inputs::{Inputs, View},
    student::LEVELS,
};
use crate::error::{engine_error, into_forecast_error, unsuitable};

/// Quantiles of the log return at [`LEVELS`], for each session ahead.
pub(super) type Sessions = Vec<[f64; LEVELS.len()]>;

/// Input windows of the networks at one session.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    /// Scaled columns, `[lookback, width]`: one without the market and, if it is known, one with it.
    views: Vec<Vec<f32>>,
    /// Daily volatility.
    sigma: f64,
}

impl Windows {
    /// Returns the number of values in the windows.
    pub(super) fn values(&self) -> usize {
        self.views.iter().map(Vec::len).sum()
    }
}

/// Networks of equal shape over the same inputs.
#[derive(Clone, Debug)]
pub(super) struct Ensemble {
    pub(super) inputs: Inputs,
    pub(super) networks: Vec<Network>,
    pub(super) lookback: usize,
    pub(super) horizon: usize,
    pub(super) head: Head,
}

impl Ensemble {
    /// Returns the minimum number of sessions for a forecast.
    pub(super) fn need(&self) -> usize {
        self.inputs.warm_up() + self.lookback
    }

    /// Returns the quantiles of the log returns from each of `origins`, averaged over the networks and, if the market is known,
    /// over the forecasts with and without it.
    pub(super) fn quantiles(&self, history: &History, origins: Range<usize>) -> Result<Vec<Sessions>, ForecastError> {
        let need = self.need();
        if origins.start + 1 < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: origins.start + 1, need });
        }
        let features = self.inputs.features(history)?;
        let sigmas = self.sigmas(history, origins.clone())?;
        let in_market: Vec<usize> = match self.inputs.market_of(history) {
            Some(market) => origins.clone().filter(|&day| market.on(history.bars()[day].date).is_some()).collect(),
            None => Vec::new(),
        };
        let mut shares = vec![1.0 / self.networks.len() as f64; origins.len()];
        in_market.iter().for_each(|day| shares[day - origins.start] *= 0.5);
        let mut all = vec![vec![[0.0; LEVELS.len()]; self.horizon]; origins.len()];
        for (view, days) in [(View::Symbol, origins.clone().collect()), (View::SymbolAndMarket, in_market)] {
            if days.is_empty() {
                continue;
            }
            let table = self.inputs.table(history, &features, view)?;
            let source = WindowSource::new(&table, self.inputs.width(), self.lookback).map_err(into_forecast_error)?;
            for network in &self.networks {
                let outputs = network.forward(&source, &days).map_err(engine_error)?;
                for (outputs, day) in outputs.chunks_exact(outputs.len() / days.len()).zip(&days) {
                    let place = day - origins.start;
                    self.add(&mut all[place], outputs, sigmas[place] * shares[place]);
                }
            }
        }
        Ok(all)
    }

    /// Returns the input windows at session `origin`.
    pub(super) fn windows(&self, history: &History, origin: usize) -> Result<Windows, ForecastError> {
        let need = self.need();
        if origin + 1 < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: origin + 1, need });
        }
        let features = self.inputs.features(history)?;
        let sigma = self.sigmas(history, origin..origin + 1)?[0];
        let market = self.inputs.market_of(history).and_then(|market| market.on(history.bars()[origin].date));
        let views = if market.is_some() { &[View::Symbol, View::SymbolAndMarket][..] } else { &[View::Symbol] };
        let width = self.inputs.width();
        let window = |&view: &View| {
            let table = self.inputs.table(history, &features, view)?;
            Ok(table[(origin + 1 - self.lookback) * width..(origin + 1) * width].to_vec())
        };
        Ok(Windows { views: views.iter().map(window).collect::<Result<_, ForecastError>>()?, sigma })
    }

    /// Returns the quantiles of the log returns from input windows, bit-identical to [`Ensemble::quantiles`].
    pub(super) fn quantiles_of(&self, windows: &Windows) -> Result<Sessions, ForecastError> {
        let mut share = 1.0 / self.networks.len() as f64;
        if windows.views.len() > 1 {
            share *= 0.5;
        }
        let mut sums = vec![[0.0; LEVELS.len()]; self.horizon];
        for window in &windows.views {
            let source = WindowSource::new(window, self.inputs.width(), self.lookback).map_err(into_forecast_error)?;
            for network in &self.networks {
                let outputs = network.forward(&source, &[self.lookback - 1]).map_err(engine_error)?;
                self.add(&mut sums, &outputs, windows.sigma * share);
            }
        }
        Ok(sums)
    }

    /// Adds the quantiles of `outputs`, `[session, output]`, times `weight`.
    fn add(&self, sums: &mut Sessions, outputs: &[f32], weight: f64) {
        for ((outputs, ahead), sums) in outputs.chunks_exact(outputs.len() / self.horizon).zip(1..).zip(sums) {
            let unit = weight * f64::from(ahead).sqrt();
            for (sum, quantile) in sums.iter_mut().zip(head::quantiles(self.head, outputs)) {
                *sum += unit * quantile;
            }
        }
    }

    /// Returns the daily volatility at each of `origins`.
    fn sigmas(&self, history: &History, origins: Range<usize>) -> Result<Vec<f64>, ForecastError> {
        let targets =
            Targets::compute(TargetKind::ScaledLogReturn, history, self.horizon).map_err(into_forecast_error)?;
        origins.map(|day| targets.sigma(day).ok_or_else(|| unsuitable("a day has no volatility yet"))).collect()
    }
}
