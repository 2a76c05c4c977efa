//! BFGS quasi-Newton minimiser.

use closecast_domain::{Cancel, ForecastError};

/// Maximum number of iterations; fits take twenty to sixty.
const MAX_ITERATIONS: usize = 200;

/// Gradient below which a point counts as the minimum: the likelihood can improve by less than 1e-6.
const GRADIENT_TOLERANCE: f64 = 1e-4;

/// Gain below which an iteration counts as converged.
const GAIN_TOLERANCE: f64 = 1e-9;

/// Maximum step along any coordinate: a logistic function is flat a few units away, without a gradient back.
const MAX_STEP: f64 = 2.0;

/// Share of the gain predicted by the slope that a step must achieve (Armijo's condition).
const SUFFICIENT: f64 = 1e-4;

/// Maximum number of step halvings per direction.
const MAX_HALVINGS: usize = 30;

/// A point, the value there, and the gradient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<const N: usize> {
    /// Coordinates.
    pub(super) at: [f64; N],
    /// Value of the objective.
    pub(super) value: f64,
    /// Its gradient.
    pub(super) gradient: [f64; N],
}

/// Returns the lowest point found from `start` on by the BFGS method with backtracking (Nocedal and Wright, "Numerical
/// Optimization", 2nd edition, 2006, algorithm 6.1). `objective` gives value and gradient; points where they are not
/// finite are rejected. The value is never above that of the start.
///
/// # Errors
/// [`ForecastError::Cancelled`] when `cancel` is set; it is polled each iteration.
pub(super) fn minimise<const N: usize>(
    objective: impl Fn([f64; N]) -> Point<N>,
    start: [f64; N],
    cancel: &Cancel,
) -> Result<Point<N>, ForecastError> {
    let mut point = objective(start);
    let mut inverse_hessian = None;
    for _ in 0..MAX_ITERATIONS {
        if cancel.is_cancelled() {
            return Err(ForecastError::Cancelled);
        }
        if point.gradient.iter().all(|slope| slope.abs() < GRADIENT_TOLERANCE) {
            break;
        }
        let direction = inverse_hessian
            .as_ref()
            .map(|matrix| bounded(negated(product(matrix, &point.gradient))))
            .filter(|direction| dot(direction, &point.gradient) < 0.0)
            .unwrap_or_else(|| bounded(negated(point.gradient)));
        let Some(next) = backtrack(&objective, &point, &direction) else {
            // The curvature estimate may be wrong: retry along the gradient before giving up.
            if inverse_hessian.take().is_none() {
                break;
            }
            continue;
        };
        let gain = point.value - next.value;
        inverse_hessian = updated(inverse_hessian, &point, &next);
        point = next;
        if gain < GAIN_TOLERANCE {
            break;
        }
    }
    Ok(point)
}

/// Backtracking line search along `direction`.
fn backtrack<const N: usize>(
    objective: &impl Fn([f64; N]) -> Point<N>,
    from: &Point<N>,
    direction: &[f64; N],
) -> Option<Point<N>> {
    let slope = dot(direction, &from.gradient);
    let steps = std::iter::successors(Some(1.0), |step| Some(step * 0.5)).take(MAX_HALVINGS);
    steps.map(|step| (step, objective(std::array::from_fn(|i| from.at[i] + step * direction[i])))).find_map(
        |(step, next)| {
            let usable = next.value.is_finite() && next.gradient.iter().all(|slope| slope.is_finite());
            (usable && next.value <= from.value + SUFFICIENT * step * slope && next.value < from.value).then_some(next)
        },
    )
}

/// Returns the updated inverse Hessian after the step from `from` to `to`; unchanged if the curvature along it is not
/// positive.
fn updated<const N: usize>(matrix: Option<[[f64; N]; N]>, from: &Point<N>, to: &Point<N>) -> Option<[[f64; N]; N]> {
    let step: [f64; N] = std::array::from_fn(|i| to.at[i] - from.at[i]);
    let change: [f64; N] = std::array::from_fn(|i| to.gradient[i] - from.gradient[i]);
    let curvature = dot(&step, &change);
    if curvature <= 1e-12 * dot(&step, &step).sqrt() * dot(&change, &change).sqrt() {
        return matrix;
    }
    // Initial scaling (equation 6.20 there).
    let scale = curvature / dot(&change, &change);
    let unit = |i| std::array::from_fn(|j| if i == j { scale } else { 0.0 });
    let matrix = matrix.unwrap_or_else(|| std::array::from_fn(unit));
    let moved = product(&matrix, &change);
    let weight = (1.0 + dot(&change, &moved) / curvature) / curvature;
    let entry = |i: usize, j: usize| {
        matrix[i][j] + weight * step[i] * step[j] - (step[i] * moved[j] + moved[i] * step[j]) / curvature
    };
    Some(std::array::from_fn(|i| std::array::from_fn(|j| entry(i, j))))
}

fn dot<const N: usize>(left: &[f64; N], right: &[f64; N]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn product<const N: usize>(matrix: &[[f64; N]; N], vector: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|i| dot(&matrix[i], vector))
}

fn negated<const N: usize>(vector: [f64; N]) -> [f64; N] {
    vector.map(|value| -value)
}

fn bounded<const N: usize>(vector: [f64; N]) -> [f64; N] {
    let longest = vector.iter().fold(0.0_f64, |longest, value| longest.max(value.abs()));
    if longest > MAX_STEP { vector.map(|value| value * MAX_STEP / longest) } else { vector }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley ("An Automatic Method for Finding the Greatest or Least Value of a Function", 1960).
    fn valley([x, y]: [f64; 2]) -> Point<2> {
        let bend = y - x * x;
        let gradient = [-400.0 * x * bend - 2.0 * (1.0 - x), 200.0 * bend];
        Point { at: [x, y], value: 100.0 * bend * bend + (1.0 - x).powi(2), gradient }
    }

    #[test]
    fn minimises_rosenbrock() {
        let lowest = minimise(valley, [-1.2, 1.0], &Cancel::new()).unwrap();
        assert!(lowest.at.iter().all(|value| (value - 1.0).abs() < 1e-3), "{lowest:?}");
    }

    #[test]
    fn steps_back_from_where_the_objective_is_not_finite() {
        let objective = |[x]: [f64; 1]| Point { at: [x], value: x - x.ln(), gradient: [1.0 - 1.0 / x] };
        let lowest = minimise(objective, [3.0], &Cancel::new()).unwrap();
        assert!((lowest.at[0] - 1.0).abs() < 1e-3, "{lowest:?}");
    }

    #[test]
    fn stops_when_cancelled() {
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(matches!(minimise(valley, [-1.2, 1.0], &cancel), Err(ForecastError::Cancelled)));
    }
}
