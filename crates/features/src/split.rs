//! Train, validation and test parts: consecutive ranges of origins without overlapping targets.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Shares of the origins; the rest is the test part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitSpec {
    /// Share of the train part, above 0 and below 1.
    pub train: f64,
    /// Share of the validation part, above 0; together with `train` below 1.
    pub validation: f64,
}

impl Default for SplitSpec {
    fn default() -> Self {
        Self { train: 0.7, validation: 0.15 }
    }
}

/// Why origins cannot be split.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SplitError {
    /// Shares that leave a part empty.
    #[error(
        "shares of {train} for training and {validation} for validation leave no three parts: both must be above 0, \
         their sum below 1"
    )]
    Shares {
        /// Share of the train part.
        train: f64,
        /// Share of the validation part.
        validation: f64,
    },
    /// A horizon of 0 days.
    #[error("a horizon of 0 days forecasts nothing: use at least 1")]
    NoHorizon,
    /// Too few origins for three parts and their gaps.
    #[error(
        "{have} usable days cannot be split: with a horizon of {horizon} at least {need} are needed; start the history \
         earlier"
    )]
    TooShort {
        /// Available origins.
        have: usize,
        /// Origins needed.
        need: usize,
        /// Forecast horizon in days.
        horizon: usize,
    },
}

/// Ranges of origins, in chronological order.
///
/// With a horizon of `H`, the last origin of a part lies exactly `H` days before the first origin of the next: its last
/// target is the close of that first origin, known at that time, and each target belongs to one part only. The `H − 1`
/// origins between two parts are not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Origins that weights are fitted on.
    pub train: Range<usize>,
    /// Origins that the best epoch is chosen on.
    pub validation: Range<usize>,
    /// Origins that are used for evaluation only.
    pub test: Range<usize>,
}

impl Split {
    /// Returns the chronological split of `origins`, all of which must have a full window and known targets `horizon` days
    /// ahead. Each part has at least one origin; shares are of the origins without the gaps, rounded to the nearest.
    ///
    /// # Errors
    /// [`SplitError`] for shares that leave a part empty, a horizon of 0, or too few origins.
    pub fn chronological(origins: Range<usize>, spec: SplitSpec, horizon: usize) -> Result<Self, SplitError> {
        let SplitSpec { train, validation } = spec;
        if !(train > 0.0 && validation > 0.0 && train + validation < 1.0) {
            return Err(SplitError::Shares { train, validation });
        }
        let gap = horizon.checked_sub(1).ok_or(SplitError::NoHorizon)?;
        let (have, need) = (origins.len(), gap.saturating_mul(2).saturating_add(3));
        if have < need {
            return Err(SplitError::TooShort { have, need, horizon });
        }
        let shared = have - 2 * gap;
        let share = |part: f64| (shared as f64 * part).round() as usize;
        let validation_days = share(validation).clamp(1, shared - 2);
        let test_days = share(1.0 - train - validation).clamp(1, shared - 1 - validation_days);
        let train_days = shared - validation_days - test_days;

        let train = origins.start..origins.start + train_days;
        let validation = train.end + gap..train.end + gap + validation_days;
        let test = validation.end + gap..origins.end;
        Ok(Self { train, validation, test })
    }
}
