//! Input drift: recent features of a model against its training part.

pub mod effective_days;
pub mod false_discoveries;
pub mod mean_shift;

use serde::{Deserialize, Serialize};

pub use effective_days::effective_days;
pub use false_discoveries::benjamini_hochberg;
pub use mean_shift::{MeanShift, TrainingReference, mean_shift};

use crate::error::EvalError;

/// Accepted share of false alarms among all alarms.
pub const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// Minimum shift, in standard deviations of the training part, that counts as drift: significant but small shifts do not matter
/// to a network.
pub const NOTABLE_SHIFT: f64 = 0.5;

/// Recent values of one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureDays {
    /// Name of the feature.
    pub feature: String,
    /// Statistics of the training part.
    pub reference: TrainingReference,
    /// Values up to the newest day, oldest first; the autocorrelation is estimated from all of them.
    pub values: Vec<f64>,
}

/// Drift of one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// Name of the feature.
    pub feature: String,
    /// Statistics of the training part.
    pub reference: TrainingReference,
    /// Shift of the newest days.
    pub shift: MeanShift,
    /// p-value after the correction for the number of features (Benjamini and Hochberg).
    pub adjusted_p_value: f64,
    /// Whether the shift is significant and large enough.
    pub drifted: bool,
}

/// Drift of all inputs of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftReport {
    /// Number of newest days compared.
    pub days: usize,
    /// All features, in the order of the model.
    pub features: Vec<FeatureDrift>,
}

impl DriftReport {
    /// Compares the newest `days` of each feature with the training part.
    ///
    /// # Errors
    /// [`EvalError`] without features, or when one has fewer days or a value that is not finite.
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

    /// Returns the number of drifted features.
    #[must_use]
    pub fn drifted(&self) -> usize {
        self.features.iter().filter(|feature| feature.drifted).count()
    }

    /// Returns the share of drifted features, in [0, 1].
    #[must_use]
    pub fn share_drifted(&self) -> f64 {
        if self.features.is_empty() { 0.0 } else { self.drifted() as f64 / self.features.len() as f64 }
    }
}
