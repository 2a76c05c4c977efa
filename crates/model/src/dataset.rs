//! Training data of one history: scaled features, targets and the split.

use std::ops::Range;

use closecast_domain::{ForecastError, History};
use closecast_features::{
    Features, FittedScaler, Scaler, Split, Targets, indicators::volatility::RISKMETRICS_MIN_RETURNS,
};
use closecast_nn::WindowSource;

use crate::{
    error::into_forecast_error,
    spec::{CheckedSpec, ModelSpec},
};

/// Scaling of targets: `(target − offset) / unit`. The identity for volatility-scaled returns.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct TargetScale {
    pub(crate) offset: f64,
    pub(crate) unit: f64,
}

impl TargetScale {
    /// Fits the scale on the training origins only: the range of price levels; the identity for returns.
    fn fit(spec: &ModelSpec, targets: &Targets, train: Range<usize>) -> Self {
        if spec.recipe.target() == closecast_features::TargetKind::ScaledLogReturn {
            return Self { offset: 0.0, unit: 1.0 };
        }
        let values = || train.clone().filter_map(|origin| targets.row(origin)).flatten().map(|&value| f64::from(value));
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        Self { offset: low, unit: if high > low { high - low } else { 1.0 } }
    }

    /// Converts a network output to a target.
    pub(crate) fn target(self, output: f32) -> f64 {
        f64::from(output) * self.unit + self.offset
    }
}

/// Scaled features, targets, and the split of the origins.
pub(crate) struct Dataset {
    features: Features,
    pub(crate) targets: Targets,
    pub(crate) split: Split,
    pub(crate) scaler: FittedScaler,
    pub(crate) scale: TargetScale,
    lookback: usize,
}

impl Dataset {
    /// Prepares `history` with the split of the spec. Scalers are fitted on the training part only.
    pub(crate) fn new(spec: &CheckedSpec, history: &History) -> Result<Self, ForecastError> {
        let split = chronological(spec.spec(), history.len()).ok_or_else(|| ForecastError::TooShort {
            symbol: history.symbol().clone(),
            have: history.len(),
            need: sessions_to_predict(spec.spec()) - 1 + MIN_ORIGINS + spec.spec().horizon,
        })?;
        Self::with_split(spec, history, split)
    }

    /// Prepares `history` with the given split; every origin must be one of [`origins`].
    pub(crate) fn with_split(spec: &CheckedSpec, history: &History, split: Split) -> Result<Self, ForecastError> {
        let spec = spec.spec();
        let features = spec.recipe.features().compute(history).map_err(into_forecast_error)?;
        let targets = Targets::compute(spec.recipe.target(), history, spec.horizon).map_err(into_forecast_error)?;
        let rows = features.first_valid()..split.train.end;
        let scaler = Scaler::new(spec.recipe.scaler()).fit(&features, rows).map_err(into_forecast_error)?;
        let scale = TargetScale::fit(spec, &targets, split.train.clone());
        let features = scaler.transform(&features).map_err(into_forecast_error)?;
        Ok(Self { features, targets, split, scaler, scale, lookback: spec.lookback })
    }

    /// Returns the scaled features as windows for the engine.
    pub(crate) fn source(&self) -> Result<WindowSource<'_>, ForecastError> {
        WindowSource::new(self.features.as_slice(), self.features.n_features(), self.lookback)
            .map_err(into_forecast_error)
    }

    /// Returns the scaled targets of `origins`, `[origin, horizon]`.
    pub(crate) fn targets_of(&self, origins: &[usize]) -> Vec<f32> {
        let scaled = |&value: &f32| ((f64::from(value) - self.scale.offset) / self.scale.unit) as f32;
        origins.iter().filter_map(|&origin| self.targets.row(origin)).flatten().map(scaled).collect()
    }
}

/// Minimum number of origins: the validation part must have 40 residuals for the interval.
const MIN_ORIGINS: usize = 300;

/// Returns the minimum number of sessions for a forecast: a full window of features and a volatility estimate.
pub(crate) fn sessions_to_predict(spec: &ModelSpec) -> usize {
    (spec.recipe.features().warm_up() + spec.lookback).max(RISKMETRICS_MIN_RETURNS + 1)
}

/// Returns the origins of a history of `days` sessions that have a full window, a volatility and known targets. They do not
/// depend on the prices.
pub(crate) fn origins(spec: &ModelSpec, days: usize) -> Range<usize> {
    let (first, end) = (sessions_to_predict(spec) - 1, days.saturating_sub(spec.horizon));
    first.min(end)..end
}

/// Returns the chronological split of a history of `days` sessions; `None` when the history is too short.
pub(crate) fn chronological(spec: &ModelSpec, days: usize) -> Option<Split> {
    let origins = origins(spec, days);
    let long_enough = origins.len() >= MIN_ORIGINS;
    Split::chronological(origins, spec.split, spec.horizon).ok().filter(|_| long_enough)
}
