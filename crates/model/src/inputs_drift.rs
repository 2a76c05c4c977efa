//! Whether what a model is given is still like what it was trained on.
//!
//! The artifact keeps what the standard scaler learned of the training part, mean and standard deviation of each feature: that is
//! the reference, also of models that were trained before anybody asked for it.

use chrono::NaiveDate;
use closecast_domain::{ForecastError, History};
use closecast_eval::{DriftReport, FeatureDays, TrainingReference};
use closecast_features::{Features, FittedScaler, ScalerKind};

use crate::{TrainedModel, dataset::unsuitable};

/// Days before the newest that the autocorrelation is estimated from, at most: four years.
const CONTEXT: usize = 1008;

/// How far the inputs of a model have moved, or why that cannot be said.
#[derive(Clone, Debug, PartialEq)]
pub enum InputDrift {
    /// Compared with the training part.
    Compared {
        /// First and last of the newest sessions.
        sessions: (NaiveDate, NaiveDate),
        /// What came of it.
        report: DriftReport,
    },
    /// The artifact holds nothing to compare with.
    NoReference {
        /// Why.
        reason: &'static str,
    },
}

impl TrainedModel {
    /// Compares what the model is given on the newest `days` sessions of `history` with its training part. Features of the market
    /// are compared where the market of `history` is known on all of the newest days; their names begin with `market_`.
    ///
    /// # Errors
    /// [`ForecastError::TooShort`] when there are fewer such sessions, [`ForecastError::Unsuitable`] when features cannot be
    /// computed.
    pub fn input_drift(&self, history: &History, days: usize) -> Result<InputDrift, ForecastError> {
        let mut inputs = match self {
            Self::Lstm(model) => {
                let scaler = &model.description.scaler;
                if scaler.kind() != ScalerKind::Standard {
                    return Ok(InputDrift::NoReference {
                        reason: "the model looks at price levels scaled to their range: a level has no mean to return to",
                    });
                }
                let features = model.spec().recipe.features().compute(history).map_err(unsuitable)?;
                columns(&features, scaler, "", features.first_valid())
            }
            Self::Base(model) => model.given(history)?,
        };
        let have = inputs.first().map_or(0, |input| input.values.len());
        if days == 0 || have < days {
            let need = history.len().saturating_sub(have) + days.max(1);
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: history.len(), need });
        }
        inputs.retain(|input| input.values.len() >= days);
        let report = DriftReport::of(&inputs, days).map_err(unsuitable)?;
        let dates = &history.bars()[history.len() - days..];
        Ok(InputDrift::Compared { sessions: (dates[0].date, history.last().date), report })
    }
}

/// Returns the newest days of each column from the row `first` on, with what its scaler learned.
pub(crate) fn columns(features: &Features, scaler: &FittedScaler, prefix: &str, first: usize) -> Vec<FeatureDays> {
    let (width, first) = (features.n_features(), first.max(features.n_days().saturating_sub(CONTEXT)));
    let column = |(place, scale): (usize, &closecast_features::scaler::FeatureScale)| FeatureDays {
        feature: format!("{prefix}{}", scale.feature),
        reference: TrainingReference { mean: scale.offset, standard_deviation: scale.scale },
        values: features.as_slice()[first * width..].iter().skip(place).step_by(width).map(|&v| f64::from(v)).collect(),
    };
    scaler.scales().iter().enumerate().map(column).collect()
}
