//! Losses and their gradients.

use serde::{Deserialize, Serialize};

use crate::error::NnError;
use crate::spec::within;

/// The loss of a batch: the mean over samples and outputs of a function of the error `e = prediction − target`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `e²`.
    Mse,
    /// `e²/2` where `|e| < delta`, `delta·(|e| − delta/2)` beyond (Huber 1964; PyTorch's `HuberLoss`).
    Huber {
        /// Where the parabola turns into a line: 1e-6 ..= 1e6.
        delta: f32,
    },
}

impl Loss {
    /// Refuses a Huber loss whose `delta` is out of range.
    pub(crate) fn check(self) -> Result<(), NnError> {
        match self {
            Self::Mse => Ok(()),
            Self::Huber { delta } => within("delta", delta, 1e-6, 1e6),
        }
    }

    /// Returns the loss of one error, `prediction − target`.
    pub fn of(self, error: f32) -> f64 {
        self.value_and_slope(error).0
    }

    /// Returns the loss of one error and its derivative.
    pub(crate) fn value_and_slope(self, error: f32) -> (f64, f32) {
        match self {
            Self::Mse => (f64::from(error) * f64::from(error), 2.0 * error),
            Self::Huber { delta } if error.abs() < delta => (0.5 * f64::from(error) * f64::from(error), error),
            Self::Huber { delta } => {
                let wide = f64::from(delta);
                (wide * (f64::from(error).abs() - 0.5 * wide), delta * error.signum())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_derivatives() {
        for loss in [Loss::Mse, Loss::Huber { delta: 0.7 }] {
            for error in [-2.0f32, -0.71, -0.3, 0.0, 0.1, 0.69, 1.5] {
                let step = 1.0 / 1024.0;
                let difference = loss.value_and_slope(error + step).0 - loss.value_and_slope(error - step).0;
                let slope = loss.value_and_slope(error).1;
                assert!((difference / (2.0 * f64::from(step)) - f64::from(slope)).abs() < 1e-3, "{loss:?} at {error}");
            }
        }
    }

    #[test]
    fn nan_is_not_swallowed() {
        for loss in [Loss::Mse, Loss::Huber { delta: 1.0 }] {
            assert!(loss.value_and_slope(f32::NAN).0.is_nan());
            assert!(loss.value_and_slope(f32::NAN).1.is_nan());
        }
    }
}
