//! Recent feature values as input of the drift tests.

use closecast_eval::{FeatureDays, TrainingReference};
use closecast_features::{Features, FittedScaler};

/// Maximum number of days from which the autocorrelation is estimated: four years.
const AUTOCORRELATION_DAYS: usize = 1008;

/// Returns the newest days of each column from row `first` on, with mean and standard deviation of the training part.
pub(crate) fn newest_days(features: &Features, scaler: &FittedScaler, prefix: &str, first: usize) -> Vec<FeatureDays> {
    let (width, first) = (features.n_features(), first.max(features.n_days().saturating_sub(AUTOCORRELATION_DAYS)));
    let column = |(place, scale): (usize, &closecast_features::scaler::FeatureScale)| FeatureDays {
        feature: format!("{prefix}{}", scale.feature),
        reference: TrainingReference { mean: scale.offset, standard_deviation: scale.scale },
        values: features.as_slice()[first * width..].iter().skip(place).step_by(width).map(|&v| f64::from(v)).collect(),
    };
    scaler.scales().iter().enumerate().map(column).collect()
}
