//! Profile likelihood: the sum of squared errors as a function of the smoothing weights, with the optimal initial state, on
//! which errors depend linearly.

use super::smoothing::{EtsParameters, EtsState, EtsTrend};

/// Minimum share of the second regressor's variation that the first does not explain.
const OWN_SHARE: f64 = 1e-12;

/// The weights `α`, `β` and `φ` of a trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weights {
    pub(super) trend: EtsTrend,
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) phi: f64,
}

impl Weights {
    fn starting_from(self, initial: EtsState) -> EtsParameters {
        let Self { trend, alpha, beta, phi } = self;
        EtsParameters { trend, alpha, beta, phi, initial }
    }
}

/// Result with the optimal initial state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile {
    pub(super) parameters: EtsParameters,
    /// Sum of the squared one-session errors.
    pub(super) squares: f64,
    /// Its derivatives by `α`, `β` and `φ`; that of the initial state is 0, so it needs none (the envelope theorem).
    pub(super) gradient: [f64; 3],
}

/// Returns the profile of `weights` over `logs`; `None` if the initial state is not identifiable.
pub(super) fn profile(weights: Weights, logs: &[f64]) -> Option<Profile> {
    let parameters = weights.starting_from(best_initial(weights, logs)?);
    let mut state = parameters.initial;
    // Derivatives of level and slope by α, β and φ.
    let (mut levels, mut slopes) = ([0.0; 3], [0.0; 3]);
    let (mut squares, mut gradient) = (0.0, [0.0; 3]);
    for &log in logs {
        let error = parameters.error(state, log);
        squares += error * error;
        let direct = [0.0, 0.0, state.slope];
        for (i, slot) in gradient.iter_mut().enumerate() {
            let carried = weights.phi * slopes[i] + direct[i];
            let forecast = levels[i] + carried;
            *slot -= 2.0 * error * forecast;
            levels[i] = forecast - weights.alpha * forecast + if i == 0 { error } else { 0.0 };
            slopes[i] = carried - weights.beta * forecast + if i == 1 { error } else { 0.0 };
        }
        state = parameters.after(state, log);
    }
    Some(Profile { parameters, squares, gradient })
}

/// Returns the least-squares initial state, by the normal equations.
fn best_initial(weights: Weights, logs: &[f64]) -> Option<EtsState> {
    let homogeneous = weights.starting_from(EtsState::default());
    let mut base = EtsState::default();
    let (mut by_level, mut by_slope) = (EtsState { level: 1.0, slope: 0.0 }, EtsState { level: 0.0, slope: 1.0 });
    let (mut level_level, mut level_slope, mut slope_slope) = (0.0, 0.0, 0.0);
    let (mut level_error, mut slope_error) = (0.0, 0.0);
    for &log in logs {
        let error = homogeneous.error(base, log);
        let (level, slope) = (homogeneous.error(by_level, 0.0), homogeneous.error(by_slope, 0.0));
        level_level += level * level;
        level_slope += level * slope;
        slope_slope += slope * slope;
        level_error += level * error;
        slope_error += slope * error;
        base = homogeneous.after(base, log);
        (by_level, by_slope) = (homogeneous.after(by_level, 0.0), homogeneous.after(by_slope, 0.0));
    }
    if weights.trend == EtsTrend::None {
        return (level_level > 0.0).then(|| EtsState { level: -level_error / level_level, slope: 0.0 });
    }
    let determinant = level_level * slope_slope - level_slope * level_slope;
    (determinant > OWN_SHARE * level_level * slope_slope).then(|| EtsState {
        level: (level_slope * slope_error - slope_slope * level_error) / determinant,
        slope: (level_slope * level_error - level_level * slope_error) / determinant,
    })
}

#[cfg(test)]
mod tests {
    use closecast_testkit::random::SplitMix64;

    use super::*;

    fn logs() -> Vec<f64> {
        let mut random = SplitMix64::new(3);
        let step = |log: &mut f64, _| {
            *log += 0.015 * random.normal();
            Some(*log + 0.01 * random.normal())
        };
        (0..300).scan(0.0, step).collect()
    }

    const DAMPED: Weights = Weights { trend: EtsTrend::Damped, alpha: 0.6, beta: 0.1, phi: 0.9 };

    fn squares(parameters: &EtsParameters, logs: &[f64]) -> f64 {
        let mut state = parameters.initial;
        let square = |&log: &f64| {
            let error = parameters.error(state, log);
            state = parameters.after(state, log);
            error * error
        };
        logs.iter().map(square).sum()
    }

    #[test]
    fn no_other_initial_state_has_smaller_errors() {
        let logs = logs();
        let none = Weights { trend: EtsTrend::None, beta: 0.0, phi: 1.0, ..DAMPED };
        for (weights, steps) in [(none, &[(1e-4, 0.0)][..]), (DAMPED, &[(1e-4, 0.0), (0.0, 1e-4), (1e-4, -1e-4)])] {
            let best = profile(weights, &logs).unwrap();
            assert!((squares(&best.parameters, &logs) - best.squares).abs() < 1e-15);
            for &(level, slope) in steps {
                for sign in [1.0, -1.0] {
                    let EtsState { level: l, slope: b } = best.parameters.initial;
                    let initial = EtsState { level: l + sign * level, slope: b + sign * slope };
                    assert!(squares(&EtsParameters { initial, ..best.parameters }, &logs) > best.squares);
                }
            }
        }
    }

    #[test]
    fn gradient_is_the_finite_difference() {
        let logs = logs();
        let analytic = profile(DAMPED, &logs).unwrap().gradient;
        let at = |[alpha, beta, phi]: [f64; 3]| {
            let moved = Weights { alpha: 0.6 + alpha, beta: 0.1 + beta, phi: 0.9 + phi, ..DAMPED };
            profile(moved, &logs).unwrap().squares
        };
        for (i, analytic) in analytic.into_iter().enumerate() {
            let step = |by: f64| std::array::from_fn(|j| if i == j { by } else { 0.0 });
            let difference = (at(step(1e-6)) - at(step(-1e-6))) / 2e-6;
            // Squares of about 0.1 with 16 digits, over steps of 1e-6: nine digits behind the point are left.
            assert!((analytic - difference).abs() < 1e-7, "{i}: {analytic} is not {difference}");
        }
    }
}
