//! Whether what a model is given has moved away from what it was trained on.

pub mod effective_days;
pub mod false_discoveries;
pub mod mean_shift;

use serde::{Deserialize, Serialize};

pub use effective_days::effective_days;
pub use false_discoveries::benjamini_hochberg;
pub use mean_shift::{MeanShift, TrainingReference, mean_shift};

use crate::error::EvalError;

/// Share of false alarms among all alarms that is put up with.
pub const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// Smallest shift, in standard deviations of the training part, that counts as drift: a shift that is sure but small asks
/// nothing new of a network.
pub const NOTABLE_SHIFT: f64 = 0.5;

/// What a model was given of one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureDays {
    /// Name of the feature.
    pub feature: String,
    /// What the training part was like.
    pub reference: TrainingReference,
    /// Values of the days up to today, oldest first, from which the autocorrelation is estimated.
    pub values: Vec<f64>,
}

/// How far one feature has moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// Name of the feature.
    pub feature: String,
    /// What the training part was like.
    pub reference: TrainingReference,
    /// The newest days against it.
    pub shift: MeanShift,
    /// p-value after the correction for the number of features (Benjamini and Hochberg).
    pub adjusted_p_value: f64,
    /// The shift is sure and large enough to matter.
    pub drifted: bool,
}

/// How far the inputs of a model have moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftReport {
    /// Newest days looked at.
    pub days: usize,
    /// Every feature, in the order of the model.
    pub features: Vec<FeatureDrift>,
}

impl DriftReport {
    /// Compares the newest `days` of each feature with the training part.
    ///
    /// # Errors
    /// [`EvalError`] when there is no feature, or one has fewer days than that or a value that is not finite.
    pub fn of(inputs: &[FeatureDays], days: usize) -> Result<Self, EvalError> {
        if inputs.is_empty() {
            return Err(EvalError::Empty { what: "the list of features" });
        }
        let shifts: Vec<MeanShift> = inputs
            .iter()
            .map(|input| mean_shift(&input.values, days, input.reference))
            .collect::<Result<_, EvalError>>()?;
        let p_values: Vec<f64> = shifts.iter().map(|shift| shift.p_value).collect();
        let adjusted = benjamini_hochberg(&p_values)?;
        let features = inputs.iter().zip(shifts).zip(adjusted).map(|((input, shift), adjusted_p_value)| FeatureDrift {
            feature: input.feature.clone(),
            reference: input.reference,
            shift,
            adjusted_p_value,
            drifted: adjusted_p_value <= FALSE_DISCOVERY_RATE && shift.shift.abs() >= NOTABLE_SHIFT,
        });
        Ok(Self { days, features: features.collect() })
    }

    /// Returns how many features have drifted.
    #[must_use]
    pub fn drifted(&self) -> usize {
        self.features.iter().filter(|feature| feature.drifted).count()
    }

    /// Returns the share of the features that have drifted, in [0, 1].
    #[must_use]
    pub fn share_drifted(&self) -> f64 {
        if self.features.is_empty() { 0.0 } else { self.drifted() as f64 / self.features.len() as f64 }
    }
}
