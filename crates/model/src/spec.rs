//! Specification of a model to train, unchecked and checked.

use std::fmt;

use closecast_features::{FeatureSet, ScalerKind, SplitSpec, TargetKind};
use closecast_nn::{CheckedNetworkSpec, Loss, NetworkSpec, NnError, ScheduleSpec, training_bytes, training_memory};
use serde::{Deserialize, Serialize};

/// Inputs and targets of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// Stationary features, standard scaler, volatility-scaled log returns, Huber loss.
    #[default]
    Returns,
    /// The adjusted close scaled to [0, 1] on the training part, mean squared error: the recipe of most published LSTM forecasts.
    MinMaxPrices,
}

impl Recipe {
    pub(crate) fn features(self) -> FeatureSet {
        match self {
            Self::Returns => FeatureSet::standard(),
            Self::MinMaxPrices => FeatureSet::prices(),
        }
    }

    pub(crate) fn scaler(self) -> ScalerKind {
        match self {
            Self::Returns => ScalerKind::Standard,
            Self::MinMaxPrices => ScalerKind::MinMax,
        }
    }

    pub(crate) fn target(self) -> TargetKind {
        match self {
            Self::Returns => TargetKind::ScaledLogReturn,
            Self::MinMaxPrices => TargetKind::PriceLevel,
        }
    }

    pub(crate) fn loss(self) -> Loss {
        match self {
            // Targets are in units of σ and reach −30: beyond one σ the loss of an outlier grows linearly.
            Self::Returns => Loss::Huber { delta: 1.0 },
            Self::MinMaxPrices => Loss::Mse,
        }
    }
}

/// Network architecture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Stacked LSTM layers and a linear head on the last day.
    #[default]
    Base,
    /// Bidirectional LSTM layers with layer norm, residual connections and attention over the days.
    Improved,
}

impl Architecture {
    /// Returns the name: `base` or `improved`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Improved => "improved",
        }
    }

    /// Returns the network in its default size.
    fn network(self, outputs: usize) -> NetworkSpec {
        match self {
            Self::Base => NetworkSpec::base(1, outputs),
            Self::Improved => NetworkSpec::improved(1, outputs),
        }
    }

    /// Returns the default spec with this architecture's layers, units and dropout.
    #[must_use]
    pub fn model(self) -> ModelSpec {
        let NetworkSpec { hidden, layers, dropout, .. } = self.network(1);
        ModelSpec { arch: self, hidden_size: hidden, layers, dropout, ..ModelSpec::default() }
    }
}

/// A model to train, unchecked. The crate's README lists fields, defaults and ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Network architecture.
    #[serde(default)]
    pub arch: Architecture,
    /// Inputs and targets.
    pub recipe: Recipe,
    /// Days in a window.
    pub lookback: usize,
    /// Sessions forecast in one pass.
    pub horizon: usize,
    /// Units per layer.
    pub hidden_size: usize,
    /// Stacked LSTM layers.
    pub layers: usize,
    /// Dropout between the layers.
    pub dropout: f32,
    /// Maximum number of passes over the training windows.
    pub epochs: usize,
    /// Windows per training step.
    pub batch_size: usize,
    /// Initial learning rate.
    pub learning_rate: f64,
    /// Learning-rate schedule.
    #[serde(default)]
    pub schedule: ScheduleSpec,
    /// Decoupled weight decay; above 0 the optimiser is AdamW.
    pub weight_decay: f64,
    /// Maximum global norm of the gradient of a step.
    pub gradient_clip: f64,
    /// Epochs without improvement before training stops.
    pub patience: usize,
    /// Seed for weights, shuffling and dropout.
    pub seed: u64,
    /// Shares of the chronological split.
    pub split: SplitSpec,
}

impl Default for ModelSpec {
    fn default() -> Self {
        Self {
            arch: Architecture::Base,
            recipe: Recipe::Returns,
            lookback: 60,
            horizon: 1,
            hidden_size: 50,
            layers: 2,
            dropout: 0.2,
            epochs: 50,
            batch_size: 32,
            learning_rate: 1e-3,
            schedule: ScheduleSpec::default(),
            weight_decay: 0.0,
            gradient_clip: 1.0,
            patience: 10,
            seed: 42,
            split: SplitSpec::default(),
        }
    }
}

/// A field outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}, but must be {allowed}")]
pub struct SpecError {
    /// Field name, as in [`ModelSpec`].
    pub field: &'static str,
    /// Value given.
    pub value: String,
    /// Allowed values.
    pub allowed: String,
}

impl ModelSpec {
    /// Checks every field. Only a checked spec can be trained.
    ///
    /// # Errors
    /// [`SpecError`] names the first field outside its range.
    pub fn check(self) -> Result<CheckedSpec, SpecError> {
        within("lookback", self.lookback, 2, 1000)?;
        within("horizon", self.horizon, 1, 60)?;
        within("hidden_size", self.hidden_size, 1, 2048)?;
        within("layers", self.layers, 1, 8)?;
        within("dropout", self.dropout, 0.0, 0.9)?;
        within("epochs", self.epochs, 1, 10_000)?;
        within("batch_size", self.batch_size, 1, 4096)?;
        within("learning_rate", self.learning_rate, 1e-9, 1.0)?;
        self.schedule.check().map_err(|error| SpecError {
            field: "schedule",
            value: format!("{:?}", self.schedule),
            allowed: format!("within its ranges: {error}"),
        })?;
        within("weight_decay", self.weight_decay, 0.0, 1.0)?;
        within("gradient_clip", self.gradient_clip, 1e-6, 1000.0)?;
        within("patience", self.patience, 1, 10_000)?;
        within("split.train", self.split.train, 0.05, 0.9)?;
        within("split.validation", self.split.validation, 0.05, 0.9)?;
        within("split.train + split.validation", self.split.train + self.split.validation, 0.1, 0.95)?;
        let network = NetworkSpec {
            inputs: self.recipe.features().kinds().len(),
            hidden: self.hidden_size,
            layers: self.layers,
            dropout: self.dropout,
            ..self.arch.network(self.horizon)
        };
        let network = network.check().map_err(|error| match error {
            NnError::OutOfRange { field, value, allowed } => SpecError { field, value, allowed },
            other => SpecError { field: "the network", value: other.to_string(), allowed: "another".to_owned() },
        })?;
        Ok(CheckedSpec { spec: self, network })
    }
}

/// A [`ModelSpec`] whose every field is within its range.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedSpec {
    spec: ModelSpec,
    network: CheckedNetworkSpec,
}

impl CheckedSpec {
    /// Returns the checked spec.
    #[must_use]
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Refuses a training that takes more memory than each of `concurrent` trainings may take in this process.
    ///
    /// # Errors
    /// [`SpecError`] names the fields that the memory depends on.
    pub fn check_memory(&self, concurrent: usize) -> Result<(), SpecError> {
        let ModelSpec { hidden_size, layers, lookback, batch_size, .. } = self.spec;
        let (bytes, most) = (training_bytes(&self.network, batch_size, lookback), training_memory(concurrent));
        memory_error(bytes, most, "hidden_size, layers, lookback, batch_size", || {
            format!("{hidden_size}, {layers}, {lookback}, {batch_size}")
        })
    }

    pub(crate) fn network(&self) -> &CheckedNetworkSpec {
        &self.network
    }
}

/// Refuses a training of `bytes` if only `most` are allowed.
pub(crate) fn memory_error(
    bytes: usize,
    most: usize,
    fields: &'static str,
    values: impl Fn() -> String,
) -> Result<(), SpecError> {
    if bytes <= most {
        return Ok(());
    }
    let megabytes = |bytes: usize| bytes.div_ceil(1_000_000);
    let allowed = format!(
        "smaller: the training would take about {} MB of memory, and {} MB are available for it (by the setting `memory`, or what machine and cgroup allow)",
        megabytes(bytes),
        most / 1_000_000
    );
    Err(SpecError { field: fields, value: values(), allowed })
}

/// Refuses a value outside `[low, high]`, and NaN.
pub(crate) fn within<T: Copy + PartialOrd + fmt::Display>(
    field: &'static str,
    value: T,
    low: T,
    high: T,
) -> Result<(), SpecError> {
    if value >= low && value <= high {
        return Ok(());
    }
    Err(SpecError { field, value: value.to_string(), allowed: format!("from {low} to {high}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_base_network() {
        let checked = ModelSpec::default().check().unwrap();
        assert_eq!((checked.network().layers, checked.network().hidden), (2, 50));
    }

    #[test]
    fn check_names_the_field_out_of_range_with_its_value() {
        let cases = [
            (ModelSpec { lookback: 1, ..ModelSpec::default() }, "lookback is 1"),
            (ModelSpec { learning_rate: f64::NAN, ..ModelSpec::default() }, "learning_rate is NaN"),
            (ModelSpec { dropout: 1.0, ..ModelSpec::default() }, "dropout is 1"),
            (ModelSpec { split: SplitSpec { train: 0.9, validation: 0.1 }, ..ModelSpec::default() }, "split.train + "),
        ];
        for (spec, named) in cases {
            let message = spec.check().unwrap_err().to_string();
            assert!(message.starts_with(named), "{message}");
        }
    }
}
