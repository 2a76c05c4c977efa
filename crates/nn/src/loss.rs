//! Losses and their gradients.

mod student_t;

use serde::{Deserialize, Serialize};

use crate::error::NnError;
use crate::spec::within;
pub use student_t::StudentT;

/// Loss function: the mean over samples and targets of a function of prediction and target.
///
/// Outputs are `[target][parameter]`: every target has [`Loss::outputs_per_target`] of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `e²`, with the error `e = prediction − target`.
    Mse,
    /// `e²/2` where `|e| < delta`, `delta·(|e| − delta/2)` beyond (Huber 1964; PyTorch's `HuberLoss`).
    Huber {
        /// Transition from quadratic to linear: 1e-6 ..= 1e6.
        delta: f32,
    },
    /// The quantile loss `max(q·u, (q − 1)·u)` with `u = target − prediction` (Koenker & Bassett 1978), the mean over the
    /// levels `q`; every level has its own output.
    Pinball {
        /// Rising levels inside (0, 1): 1 ..= 99 of them.
        levels: Vec<f32>,
    },
    /// The negative log-likelihood of a Student-t distribution; the three outputs of a target are those of
    /// [`StudentT::from_outputs`].
    StudentT,
    /// The same with the location fixed at 0: two outputs per target, scale and degrees of freedom. Learns a spread without a
    /// direction.
    CentredStudentT,
}

impl Loss {
    /// Refuses parameters out of range.
    pub(crate) fn check(&self) -> Result<(), NnError> {
        match self {
            Self::Mse | Self::StudentT | Self::CentredStudentT => Ok(()),
            Self::Huber { delta } => within("delta", *delta, 1e-6, 1e6),
            Self::Pinball { levels } => check_levels(levels),
        }
    }

    /// Returns the number of outputs per target.
    pub fn outputs_per_target(&self) -> usize {
        match self {
            Self::Mse | Self::Huber { .. } => 1,
            Self::Pinball { levels } => levels.len(),
            Self::StudentT => 3,
            Self::CentredStudentT => 2,
        }
    }

    /// Returns the mean loss of `outputs`, `[sample, target, parameter]`, against `targets`, `[sample, target]`; NaN if
    /// their lengths do not match or are 0.
    pub fn mean(&self, outputs: &[f32], targets: &[f32]) -> f64 {
        let each = self.outputs_per_target();
        if each == 0 || outputs.len() != targets.len() * each {
            return f64::NAN;
        }
        let mut slopes = vec![0.0; each];
        let losses = outputs.chunks_exact(each).zip(targets);
        losses.map(|(outputs, &target)| self.value_and_slopes(outputs, target, &mut slopes)).sum::<f64>()
            / targets.len() as f64
    }

    /// Returns the loss of one target and writes its derivatives with respect to the outputs.
    pub(crate) fn value_and_slopes(&self, outputs: &[f32], target: f32, slopes: &mut [f32]) -> f64 {
        match (self, outputs) {
            (Self::Pinball { levels }, _) => pinball(levels, outputs, target, slopes),
            (Self::StudentT, &[location, scale, freedom]) => {
                let (value, derivatives) = student_t::value_and_slopes([location, scale, freedom], target);
                slopes.copy_from_slice(&derivatives);
                value
            }
            (Self::CentredStudentT, &[scale, freedom]) => {
                let (value, [_, by_scale, by_freedom]) = student_t::value_and_slopes([0.0, scale, freedom], target);
                slopes.copy_from_slice(&[by_scale, by_freedom]);
                value
            }
            (Self::StudentT | Self::CentredStudentT, _) => f64::NAN,
            (Self::Mse, _) => {
                let error = outputs[0] - target;
                slopes[0] = 2.0 * error;
                f64::from(error) * f64::from(error)
            }
            (Self::Huber { delta }, _) => {
                let error = outputs[0] - target;
                let (value, slope) = huber(error, *delta);
                slopes[0] = slope;
                value
            }
        }
    }
}

fn huber(error: f32, delta: f32) -> (f64, f32) {
    if error.abs() < delta {
        return (0.5 * f64::from(error) * f64::from(error), error);
    }
    let wide = f64::from(delta);
    (wide * (f64::from(error).abs() - 0.5 * wide), delta * error.signum())
}

/// At the kink the derivative is that of the right-hand side, as PyTorch's `max` of the two lines is not defined there.
fn pinball(levels: &[f32], outputs: &[f32], target: f32, slopes: &mut [f32]) -> f64 {
    let share = 1.0 / levels.len() as f32;
    let mut sum = 0.0;
    for ((&level, &output), slope) in levels.iter().zip(outputs).zip(slopes) {
        let under = target - output;
        // NaN must propagate, so it goes through the product and not only through the comparison.
        let side = if under > 0.0 { level } else { level - 1.0 };
        sum += f64::from(side) * f64::from(under);
        *slope = if under.is_nan() { under } else { -side * share };
    }
    sum / levels.len() as f64
}

fn check_levels(levels: &[f32]) -> Result<(), NnError> {
    within("the number of quantile levels", levels.len(), 1, 99)?;
    let mut below = 0.0;
    for &level in levels {
        if !(level > below && level < 1.0) {
            return Err(NnError::OutOfRange {
                field: "levels",
                value: level.to_string(),
                allowed: "rising, above 0 and below 1".into(),
            });
        }
        below = level;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Loss; 5] {
        let levels = vec![0.1, 0.5, 0.95];
        [Loss::Mse, Loss::Huber { delta: 0.7 }, Loss::Pinball { levels }, Loss::StudentT, Loss::CentredStudentT]
    }

    #[test]
    fn slopes_are_derivatives() {
        for loss in all() {
            for error in [-2.0f32, -0.71, -0.3, 0.03, 0.1, 0.69, 1.5] {
                let outputs: Vec<f32> = (0..loss.outputs_per_target()).map(|i| error - 0.4 * i as f32).collect();
                let mut slopes = vec![0.0; outputs.len()];
                loss.value_and_slopes(&outputs, 0.0, &mut slopes);
                for at in 0..outputs.len() {
                    let step = 1.0 / 1024.0;
                    let value = |shift: f32| {
                        let mut moved = outputs.clone();
                        moved[at] += shift;
                        loss.mean(&moved, &[0.0])
                    };
                    let difference = (value(step) - value(-step)) / (2.0 * f64::from(step));
                    assert!((difference - f64::from(slopes[at])).abs() < 1e-3, "{loss:?} at {error}, output {at}");
                }
            }
        }
    }

    #[test]
    fn nan_is_not_swallowed() {
        for loss in all() {
            let mut slopes = vec![0.0; loss.outputs_per_target()];
            let outputs = vec![f32::NAN; slopes.len()];
            assert!(loss.value_and_slopes(&outputs, 0.0, &mut slopes).is_nan(), "{loss:?}");
            assert!(slopes.iter().all(|slope| slope.is_nan()), "{loss:?}");
            assert!(loss.mean(&outputs, &[0.0, 0.0]).is_nan(), "lengths that do not fit");
        }
        assert!(Loss::Pinball { levels: Vec::new() }.mean(&[], &[1.0]).is_nan(), "no level, no loss");
    }

    #[test]
    fn levels_out_of_order_or_range_are_refused() {
        for levels in [vec![], vec![0.0], vec![1.0], vec![0.5, 0.4], vec![0.5, 0.5], vec![f32::NAN]] {
            assert!(Loss::Pinball { levels: levels.clone() }.check().is_err(), "{levels:?}");
        }
        assert!(Loss::Pinball { levels: vec![0.05, 0.5, 0.95] }.check().is_ok());
    }
}
