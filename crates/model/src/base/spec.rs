//! Specification of a BASE model to train, unchecked and checked.

use closecast_domain::Head;
use serde::{Deserialize, Serialize};

use crate::spec::{SpecError, within};

/// A BASE model to train, unchecked. The defaults were chosen on days before those of all published results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaseSpec {
    /// Days in a window.
    pub lookback: usize,
    /// Sessions forecast in one pass.
    pub horizon: usize,
    /// Forecast distribution.
    #[serde(default)]
    pub head: Head,
    /// Units of the LSTM layer.
    pub hidden_size: usize,
    /// Epochs.
    pub epochs: usize,
    /// Windows per training step.
    pub batch_size: usize,
    /// Maximum learning rate of the cosine schedule with warm-up.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Newest sessions, used to calibrate the intervals and not to train the weights.
    pub calibration_days: usize,
    /// Seed of the first member.
    pub seed: u64,
    /// Networks with different seeds whose quantiles are averaged.
    pub members: usize,
}

impl Default for BaseSpec {
    fn default() -> Self {
        Self {
            lookback: 30,
            horizon: 1,
            head: Head::default(),
            hidden_size: 32,
            epochs: 3,
            batch_size: 512,
            learning_rate: 3e-3,
            weight_decay: 1e-3,
            calibration_days: 63,
            seed: 42,
            members: 1,
        }
    }
}

impl BaseSpec {
    /// Checks every field. Only a checked spec can be trained.
    ///
    /// # Errors
    /// [`SpecError`] names the first field outside its range.
    pub fn check(self) -> Result<CheckedBaseSpec, SpecError> {
        within("lookback", self.lookback, 2, 1000)?;
        within("horizon", self.horizon, 1, 60)?;
        within("hidden_size", self.hidden_size, 1, 2048)?;
        within("epochs", self.epochs, 1, 10_000)?;
        within("batch_size", self.batch_size, 1, 4096)?;
        within("learning_rate", self.learning_rate, 1e-9, 1.0)?;
        within("weight_decay", self.weight_decay, 0.0, 1.0)?;
        within("calibration_days", self.calibration_days, 0, 10_000)?;
        within("members", self.members, 1, 64)?;
        Ok(CheckedBaseSpec(self))
    }
}

/// A [`BaseSpec`] whose every field is within its range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckedBaseSpec(BaseSpec);

impl CheckedBaseSpec {
    /// Returns the checked spec.
    #[must_use]
    pub fn spec(&self) -> &BaseSpec {
        &self.0
    }
}
