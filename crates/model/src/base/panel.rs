//! Many histories as one table, so that a window may begin anywhere in any of them.

use std::ops::Range;

use closecast_domain::{ForecastError, History};
use closecast_features::{FeatureSet, Features, FittedScaler, Scaler, ScalerKind, TargetKind, Targets};
use closecast_nn::WindowSource;

use crate::dataset::unsuitable;

/// Targets beyond it are learned as if they were of this size: one crash must not outweigh a year. In σ.
const LARGEST_TARGET: f32 = 15.0;

/// The scaled features of all histories, one below the other, and the days that can be learned from.
pub(super) struct Panel {
    features: Vec<f32>,
    width: usize,
    lookback: usize,
    horizon: usize,
    /// Rows at which a window may end whose targets are known.
    pub(super) origins: Vec<usize>,
    /// `[row, horizon]`, NaN where there is none.
    targets: Vec<f32>,
    pub(super) scaler: FittedScaler,
}

impl Panel {
    /// Computes features and targets; histories too short for a window are left out.
    pub(super) fn new(
        histories: &[History],
        set: &FeatureSet,
        (lookback, horizon): (usize, usize),
    ) -> Result<Self, ForecastError> {
        let long_enough = |history: &&History| history.len() > set.warm_up() + lookback + horizon;
        let tables: Vec<(Features, Targets)> = histories
            .iter()
            .filter(long_enough)
            .map(|history| {
                let targets = Targets::compute(TargetKind::ScaledLogReturn, history, horizon);
                Ok((set.compute(history).map_err(unsuitable)?, targets.map_err(unsuitable)?))
            })
            .collect::<Result<_, ForecastError>>()?;
        let parts = tables.iter().map(|(features, _)| (features, features.first_valid()..features.n_days()));
        let scaler = Scaler::new(ScalerKind::Standard).fit_all(parts).map_err(unsuitable)?;
        let width = set.kinds().len();
        let mut panel =
            Self { features: Vec::new(), width, lookback, horizon, origins: Vec::new(), targets: Vec::new(), scaler };
        for (mut features, targets) in tables {
            panel.scaler.transform_in_place(&mut features).map_err(unsuitable)?;
            panel.append(&features, &targets);
        }
        Ok(panel)
    }

    fn append(&mut self, features: &Features, targets: &Targets) {
        let first_row = self.targets.len() / self.horizon;
        self.features.extend_from_slice(features.as_slice());
        let none = vec![f32::NAN; self.horizon];
        for day in 0..features.n_days() {
            self.targets.extend_from_slice(targets.row(day).unwrap_or(&none));
        }
        let first = (features.first_valid() + self.lookback - 1).max(targets.known_origins().start);
        let known: Range<usize> = first..targets.known_origins().end;
        self.origins.extend(known.map(|day| first_row + day));
    }

    /// Returns the features as windows for the engine.
    pub(super) fn source(&self) -> Result<WindowSource<'_>, ForecastError> {
        WindowSource::new(&self.features, self.width, self.lookback).map_err(unsuitable)
    }

    /// Returns the targets of `origins`, `[origin, horizon]`.
    pub(super) fn targets_of(&self, origins: &[usize]) -> Vec<f32> {
        let row = |&origin: &usize| &self.targets[origin * self.horizon..(origin + 1) * self.horizon];
        origins.iter().flat_map(row).map(|target| target.clamp(-LARGEST_TARGET, LARGEST_TARGET)).collect()
    }
}
