//! Regressors and least-squares regression.

use crate::summation::{mean, sum};

/// Days of the weekly mean.
const WEEK: usize = 5;

/// Days of the monthly mean: the minimum for a forecast.
pub(super) const MONTH: usize = 22;

/// Minimum share of a regressor's variance that the others do not explain: below it, the rest is rounding.
const OWN_SHARE: f64 = 1e-10;

/// Coefficients of the regression of tomorrow's log variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarCoefficients {
    /// Constant.
    pub intercept: f64,
    /// Weight of the last day.
    pub daily: f64,
    /// Weight of the mean of the last 5 days.
    pub weekly: f64,
    /// Weight of the mean of the last 22 days.
    pub monthly: f64,
}

impl HarCoefficients {
    /// Returns the forecast of the value after `values`, of which there are at least [`MONTH`].
    pub(super) fn next(&self, values: &[f64]) -> f64 {
        let [daily, weekly, monthly] = components(values);
        self.intercept + self.daily * daily + self.weekly * weekly + self.monthly * monthly
    }

    /// Returns the impulse responses `ψ₀ = 1, ψ₁ …`: the regression is an autoregression of order [`MONTH`] (Corsi 2009,
    /// section 2).
    pub(super) fn impulse_responses(&self, count: usize) -> Vec<f64> {
        let mut responses: Vec<f64> = Vec::with_capacity(count);
        for step in 0..count {
            let recent = |days: usize| sum(responses[step.saturating_sub(days)..].iter().copied()) / days as f64;
            let response = self.daily * recent(1) + self.weekly * recent(WEEK) + self.monthly * recent(MONTH);
            responses.push(if step == 0 { 1.0 } else { response });
        }
        responses
    }

    /// Returns the least-squares coefficients on all days of `values` that have a month before them; `None` if the regressors
    /// are collinear.
    pub(super) fn least_squares(values: &[f64]) -> Option<Self> {
        let rows: Vec<[f64; 3]> = months(values).map(components).collect();
        let targets = &values[MONTH..];
        let centre: [f64; 3] = std::array::from_fn(|i| mean(rows.iter().map(|row| row[i])));
        let target_centre = mean(targets.iter().copied());
        // Centred, so that the normal equations are far from singular.
        let moment = |i: usize, j: usize| sum(rows.iter().map(|row| (row[i] - centre[i]) * (row[j] - centre[j])));
        let with_target = |i: usize| {
            sum(rows.iter().zip(targets).map(|(row, target)| (row[i] - centre[i]) * (target - target_centre)))
        };
        let matrix = std::array::from_fn(|i| std::array::from_fn(|j| moment(i, j)));
        let [daily, weekly, monthly] = solve(matrix, std::array::from_fn(with_target))?;
        let intercept = target_centre - daily * centre[0] - weekly * centre[1] - monthly * centre[2];
        Some(Self { intercept, daily, weekly, monthly })
    }
}

/// Returns the windows of [`MONTH`] days that are followed by another day, oldest first.
pub(super) fn months(values: &[f64]) -> impl ExactSizeIterator<Item = &[f64]> {
    values[..values.len().saturating_sub(1)].windows(MONTH)
}

/// Returns the last of `values` and the means of the last week and month.
fn components(values: &[f64]) -> [f64; 3] {
    let recent = |days: usize| mean(values[values.len() - days..].iter().copied());
    [recent(1), recent(WEEK), recent(MONTH)]
}

/// Solves a symmetric positive definite system by Cholesky decomposition; `None` if it is numerically singular.
fn solve(matrix: [[f64; 3]; 3], mut right: [f64; 3]) -> Option<[f64; 3]> {
    let mut lower = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            if i != j {
                lower[i][j] = rest / lower[j][j];
            } else if rest > OWN_SHARE * matrix[i][i] {
                lower[i][i] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    for i in 0..3 {
        right[i] = (right[i] - (0..i).map(|k| lower[i][k] * right[k]).sum::<f64>()) / lower[i][i];
    }
    for i in (0..3).rev() {
        right[i] = (right[i] - (i + 1..3).map(|k| lower[k][i] * right[k]).sum::<f64>()) / lower[i][i];
    }
    Some(right)
}
