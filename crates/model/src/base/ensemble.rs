//! The networks of BASE, and the quantiles they stand for.

use std::ops::Range;

use closecast_domain::{ForecastError, History};
use closecast_features::{TargetKind, Targets};
use closecast_nn::{Network, WindowSource};

use super::{
    head::Head,
    inputs::{Inputs, View},
    student::LEVELS,
};
use crate::{dataset::unsuitable, epochs::engine};

/// Log returns at [`LEVELS`] of each session ahead.
pub(super) type Sessions = Vec<[f64; LEVELS.len()]>;

/// What the networks look at on one evening.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    /// Scaled columns, `[lookback, width]`: without the market and, where it is known, with it.
    views: Vec<Vec<f32>>,
    /// Volatility of one day.
    sigma: f64,
}

impl Windows {
    /// Returns the numbers in the windows.
    pub(super) fn values(&self) -> usize {
        self.views.iter().map(Vec::len).sum()
    }
}

/// Networks of one shape over the same inputs.
#[derive(Clone, Debug)]
pub(super) struct Ensemble {
    pub(super) inputs: Inputs,
    pub(super) networks: Vec<Network>,
    pub(super) lookback: usize,
    pub(super) horizon: usize,
    pub(super) head: Head,
}

impl Ensemble {
    /// Returns the sessions that a forecast needs.
    pub(super) fn need(&self) -> usize {
        self.inputs.warm_up() + self.lookback
    }

    /// Returns the quantiles of the log returns from each of `origins`. They are averaged over the networks, and where the
    /// market is known over the forecast that looks at it and the one that does not.
    pub(super) fn quantiles(&self, history: &History, origins: Range<usize>) -> Result<Vec<Sessions>, ForecastError> {
        let need = self.need();
        if origins.start + 1 < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: origins.start + 1, need });
        }
        let features = self.inputs.features(history)?;
        let sigmas = self.sigmas(history, origins.clone())?;
        let in_market: Vec<usize> = match self.inputs.knows_market_of(history) {
            Some(market) => origins.clone().filter(|&day| market.on(history.bars()[day].date).is_some()).collect(),
            None => Vec::new(),
        };
        let mut shares = vec![1.0 / self.networks.len() as f64; origins.len()];
        in_market.iter().for_each(|day| shares[day - origins.start] *= 0.5);
        let mut all = vec![vec![[0.0; LEVELS.len()]; self.horizon]; origins.len()];
        for (view, days) in [(View::Alone, origins.clone().collect()), (View::InMarket, in_market)] {
            if days.is_empty() {
                continue;
            }
            let table = self.inputs.table(history, &features, view)?;
            let source = WindowSource::new(&table, self.inputs.width(), self.lookback).map_err(unsuitable)?;
            for network in &self.networks {
                let outputs = network.forward(&source, &days).map_err(engine)?;
                for (outputs, day) in outputs.chunks_exact(outputs.len() / days.len()).zip(&days) {
                    let place = day - origins.start;
                    self.add(&mut all[place], outputs, sigmas[place] * shares[place]);
                }
            }
        }
        Ok(all)
    }

    /// Returns what the networks look at on the day `origin`.
    pub(super) fn look(&self, history: &History, origin: usize) -> Result<Windows, ForecastError> {
        let need = self.need();
        if origin + 1 < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: origin + 1, need });
        }
        let features = self.inputs.features(history)?;
        let sigma = self.sigmas(history, origin..origin + 1)?[0];
        let market = self.inputs.knows_market_of(history).and_then(|market| market.on(history.bars()[origin].date));
        let views = if market.is_some() { &[View::Alone, View::InMarket][..] } else { &[View::Alone] };
        let width = self.inputs.width();
        let window = |&view: &View| {
            let table = self.inputs.table(history, &features, view)?;
            Ok(table[(origin + 1 - self.lookback) * width..(origin + 1) * width].to_vec())
        };
        Ok(Windows { views: views.iter().map(window).collect::<Result<_, ForecastError>>()?, sigma })
    }

    /// Returns the quantiles of the log returns from what the networks look at: those of [`Ensemble::quantiles`], to the bit.
    pub(super) fn quantiles_of(&self, windows: &Windows) -> Result<Sessions, ForecastError> {
        let mut share = 1.0 / self.networks.len() as f64;
        if windows.views.len() > 1 {
            share *= 0.5;
        }
        let mut sums = vec![[0.0; LEVELS.len()]; self.horizon];
        for window in &windows.views {
            let source = WindowSource::new(window, self.inputs.width(), self.lookback).map_err(unsuitable)?;
            for network in &self.networks {
                let outputs = network.forward(&source, &[self.lookback - 1]).map_err(engine)?;
                self.add(&mut sums, &outputs, windows.sigma * share);
            }
        }
        Ok(sums)
    }

    /// Adds the quantiles that `outputs`, `[session, output]`, stand for, times `weight`.
    fn add(&self, sums: &mut Sessions, outputs: &[f32], weight: f64) {
        for ((outputs, ahead), sums) in outputs.chunks_exact(outputs.len() / self.horizon).zip(1..).zip(sums) {
            let unit = weight * f64::from(ahead).sqrt();
            for (sum, quantile) in sums.iter_mut().zip(self.head.quantiles(outputs)) {
                *sum += unit * quantile;
            }
        }
    }

    /// Returns the volatility of one day at each of `origins`.
    fn sigmas(&self, history: &History, origins: Range<usize>) -> Result<Vec<f64>, ForecastError> {
        let targets = Targets::compute(TargetKind::ScaledLogReturn, history, self.horizon).map_err(unsuitable)?;
        origins.map(|day| targets.sigma(day).ok_or_else(|| unsuitable("a day has no volatility yet"))).collect()
    }
}
