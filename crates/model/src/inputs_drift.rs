//! Input drift: recent inputs of a model against its training part.
//!
//! The reference is the mean and standard deviation of each feature that the standard scaler in the artifact was fitted with.

use chrono::NaiveDate;
use closecast_domain::{ForecastError, History};
use closecast_eval::DriftReport;
use closecast_features::ScalerKind;

use crate::{TrainedModel, error::into_forecast_error, feature_days::newest_days};

/// Drift of the inputs of a model, or why it cannot be measured.
#[derive(Clone, Debug, PartialEq)]
pub enum InputDrift {
    /// The newest sessions were compared with the training part.
    Compared {
        /// First and last of the compared sessions.
        sessions: (NaiveDate, NaiveDate),
        /// Result of the comparison.
        report: DriftReport,
    },
    /// The artifact has no reference to compare with.
    NoReference {
        /// Reason.
        reason: &'static str,
    },
}

impl TrainedModel {
    /// Compares the inputs of the newest `days` sessions of `history` with the training part. Market features are compared if
    /// the market of `history` is known on all of these days; their names begin with `market_`.
    ///
    /// # Errors
    /// [`ForecastError::TooShort`] when the history has fewer usable sessions, [`ForecastError::Unsuitable`] when features cannot
    /// be computed.
    pub fn input_drift(&self, history: &History, days: usize) -> Result<InputDrift, ForecastError> {
        let mut inputs = match self {
            Self::Lstm(model) => {
                let scaler = &model.description.scaler;
                if scaler.kind() != ScalerKind::Standard {
                    return Ok(InputDrift::NoReference {
                        reason: "the model uses price levels scaled to their range: a price level has no stationary mean",
                    });
                }
                let features = model.spec().recipe.features().compute(history).map_err(into_forecast_error)?;
                newest_days(&features, scaler, "", features.first_valid())
            }
            Self::Base(model) => model.feature_days(history)?,
        };
        let have = inputs.first().map_or(0, |input| input.values.len());
        if days == 0 || have < days {
            let need = history.len().saturating_sub(have) + days.max(1);
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: history.len(), need });
        }
        inputs.retain(|input| input.values.len() >= days);
        let report = DriftReport::of(&inputs, days).map_err(into_forecast_error)?;
        let dates = &history.bars()[history.len() - days..];
        Ok(InputDrift::Compared { sessions: (dates[0].date, history.last().date), report })
    }
}
