//! The figures of an evaluation, as plain data: computed by `closecast-eval`, kept in the model card, shown everywhere.

use serde::{Deserialize, Serialize};

/// Share of days on which the forecast had the direction of the move right, with its 95 % Wilson interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DirectionalAccuracy {
    /// Right days over days counted, in [0, 1].
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
    /// Coefficient of determination against the mean of the actual prices. Says little about prices: naive has 0.98.
    pub r2: Option<f64>,
    /// Out-of-sample R² against the naive forecast: `1 − SSE / SSE_naive`. Positive when better than naive.
    pub r2_naive: Option<f64>,
    /// Directional accuracy; `None` when no day can be counted, as for naive, which forecasts no move.
    pub directional_accuracy: Option<DirectionalAccuracy>,
    /// Mean absolute error over that of the naive forecast on the same days. Below 1 is better than naive.
    pub rel_mae_naive: Option<f64>,
    /// Two-sided p-value of the Diebold–Mariano test (absolute errors, small-sample correction) against naive.
    pub dm_p_value: Option<f64>,
}

impl ErrorMetrics {
    /// Returns whether the errors are smaller than naive's and the difference is significant at `alpha`.
    #[must_use]
    pub fn beats_naive(&self, alpha: f64) -> bool {
        self.rel_mae_naive.is_some_and(|ratio| ratio < 1.0) && self.dm_p_value.is_some_and(|p| p < alpha)
    }
}

/// A model and naive on the same days of one part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartEvaluation {
    /// The model's errors.
    pub model: ErrorMetrics,
    /// The naive forecast's (tomorrow = today) on the same days.
    pub naive: ErrorMetrics,
}

/// An evaluation over the three parts of a chronological split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Days the weights were fitted on.
    pub train: PartEvaluation,
    /// Days that chose the best epoch.
    pub validation: PartEvaluation,
    /// Days that nothing was chosen on: the only honest figures.
    pub test: PartEvaluation,
}
