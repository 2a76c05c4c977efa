//! Evaluation metrics as plain data: computed by `closecast-eval`, stored in model cards.

use serde::{Deserialize, Serialize};

/// Share of days with the correct direction, with its 95 % Wilson interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DirectionalAccuracy {
    /// Correct days over counted days, in [0, 1].
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub lower: f64,
    /// Upper end of the 95 % interval.
    pub upper: f64,
    /// Days counted: neither an unchanged close nor a forecast of no change can be right or wrong.
    pub days: usize,
}

/// Errors of one-step forecasts over a stretch of days, in the price's own currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorMetrics {
    /// Days scored.
    pub days: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Root mean squared error.
    pub rmse: f64,
    /// Mean absolute percentage error, in percent. `None` when no actual price differs from zero.
    pub mape: Option<f64>,
    /// Coefficient of determination against the mean of the actual prices. Of little use for prices: naive reaches
    /// 0.98.
    pub r2: Option<f64>,
    /// Out-of-sample R² against the naive forecast: `1 − SSE / SSE_naive`. Positive if better than naive.
    pub r2_naive: Option<f64>,
    /// Directional accuracy; `None` if no day counts, as for naive, which forecasts no move.
    pub directional_accuracy: Option<DirectionalAccuracy>,
    /// Mean absolute error relative to naive's on the same days. Below 1 is better than naive.
    pub rel_mae_naive: Option<f64>,
    /// Two-sided p-value of the Diebold–Mariano test (absolute errors, small-sample correction) against naive.
    pub dm_p_value: Option<f64>,
}

impl ErrorMetrics {
    /// Returns whether the errors are smaller than naive's, significantly at `alpha`.
    #[must_use]
    pub fn beats_naive(&self, alpha: f64) -> bool {
        self.rel_mae_naive.is_some_and(|ratio| ratio < 1.0) && self.dm_p_value.is_some_and(|p| p < alpha)
    }
}

/// Errors of a model and of naive on the same days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartEvaluation {
    /// Errors of the model.
    pub model: ErrorMetrics,
    /// Errors of the naive forecast (next close = last close).
    pub naive: ErrorMetrics,
}

/// Evaluation of the three parts of a chronological split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Training days.
    pub train: PartEvaluation,
    /// Days that selected the best epoch.
    pub validation: PartEvaluation,
    /// Days used for no choice: only these are unbiased.
    pub test: PartEvaluation,
}
