//! Maximum-likelihood estimation of the parameters.

use closecast_domain::{Cancel, ForecastError};

use super::{likelihood::Sample, parameters::GarchParameters};
use crate::baselines::{
    bfgs::{Point, minimise},
    student_t::{MAX_DEGREES_OF_FREEDOM, MIN_DEGREES_OF_FREEDOM},
};

/// Minimum `omega` as a share of the variance of the returns, the bound of the PyPI package arch. Without it the likelihood
/// of returns that are mostly 0 is unbounded.
const MIN_OMEGA_SHARE: f64 = 1e-8;

/// Maximum `alpha + beta`: at 1 the variance of the returns is infinite. No sample is long enough to distinguish the two.
const MAX_PERSISTENCE: f64 = 1.0 - 1e-6;

/// Persistence of the starting points, one fit each: the likelihood may have a maximum at either end.
const PERSISTENCES: [f64; 4] = [0.6, 0.9, 0.97, 0.995];

/// Values of `alpha`, of which each start uses the most likely.
const ALPHAS: [f64; 4] = [0.02, 0.05, 0.1, 0.2];

/// Degrees of freedom of the starts.
const START_DEGREES_OF_FREEDOM: f64 = 6.0;

/// Returns the maximum-likelihood parameters of `sample` and the log-likelihood; `None` if it is finite nowhere.
pub(super) fn most_likely(
    sample: &Sample<'_>,
    cancel: &Cancel,
) -> Result<Option<(GarchParameters, f64)>, ForecastError> {
    let objective = |at: [f64; 5]| objective(sample, at);
    let mut best: Option<Point<5>> = None;
    for persistence in PERSISTENCES {
        let starts = ALPHAS.map(|alpha| objective(start(persistence, alpha)));
        let Some(start) = starts.into_iter().filter(|point| point.value.is_finite()).min_by(lower) else { continue };
        let found = minimise(objective, start.at, cancel)?;
        best = best.into_iter().chain([found]).min_by(lower);
    }
    Ok(best.map(|point| (Transformed::of(sample, point.at).parameters, -point.value)))
}

fn lower(left: &Point<5>, right: &Point<5>) -> std::cmp::Ordering {
    left.value.total_cmp(&right.value)
}

/// Returns the coordinates of a start whose long-run variance is that of the sample.
fn start(persistence: f64, alpha: f64) -> [f64; 5] {
    let logit = |share: f64| (share / (1.0 - share)).ln();
    let (thinnest, fattest) = (1.0 / MAX_DEGREES_OF_FREEDOM, 1.0 / MIN_DEGREES_OF_FREEDOM);
    let fatness = (1.0 / START_DEGREES_OF_FREEDOM - thinnest) / (fattest - thinnest);
    [0.0, (1.0 - persistence).ln(), logit(persistence / MAX_PERSISTENCE), logit(alpha / persistence), logit(fatness)]
}

/// Parameters as functions of five unbounded coordinates: mean in standard deviations around that of the sample,
/// logarithm of omega over the sample's variance, and logits of persistence, of alpha's share in it, and of `1/ν`.
struct Transformed {
    parameters: GarchParameters,
    /// Derivative of omega.
    omega: f64,
    /// Persistence and its derivative.
    persistence: (f64, f64),
    /// Alpha's share of it and its derivative.
    share: (f64, f64),
    /// Derivative of the degrees of freedom.
    degrees_of_freedom: f64,
}

impl Transformed {
    fn of(sample: &Sample<'_>, at: [f64; 5]) -> Self {
        let logistic = |x: f64| {
            let value = 1.0 / (1.0 + (-x).exp());
            (value, value * (1.0 - value))
        };
        let free_omega = sample.variance * at[1].exp();
        let (of_max, of_max_slope) = logistic(at[2]);
        let persistence = MAX_PERSISTENCE * of_max;
        let share = logistic(at[3]);
        let alpha = persistence * share.0;
        let (fatness, fatness_slope) = logistic(at[4]);
        let (thinnest, fattest) = (1.0 / MAX_DEGREES_OF_FREEDOM, 1.0 / MIN_DEGREES_OF_FREEDOM);
        let nu = 1.0 / (thinnest + (fattest - thinnest) * fatness);
        Self {
            parameters: GarchParameters {
                mean: sample.mean + sample.variance.sqrt() * at[0],
                omega: MIN_OMEGA_SHARE * sample.variance + free_omega,
                alpha,
                beta: persistence - alpha,
                degrees_of_freedom: nu,
            },
            omega: free_omega,
            persistence: (persistence, MAX_PERSISTENCE * of_max_slope),
            share,
            degrees_of_freedom: -nu * nu * (fattest - thinnest) * fatness_slope,
        }
    }
}

/// Returns the negative log-likelihood and its gradient in the unbounded coordinates.
fn objective(sample: &Sample<'_>, at: [f64; 5]) -> Point<5> {
    let transformed = Transformed::of(sample, at);
    let score = sample.score(&transformed.parameters);
    let [by_mean, by_omega, by_alpha, by_beta, by_nu] = score.gradient;
    let (persistence, persistence_slope) = transformed.persistence;
    let (share, share_slope) = transformed.share;
    let gradient = [
        sample.variance.sqrt() * by_mean,
        transformed.omega * by_omega,
        persistence_slope * (share * by_alpha + (1.0 - share) * by_beta),
        persistence * share_slope * (by_alpha - by_beta),
        transformed.degrees_of_freedom * by_nu,
    ];
    Point { at, value: -score.value, gradient: gradient.map(|slope| -slope) }
}

#[cfg(test)]
mod tests {
    use closecast_testkit::random::SplitMix64;

    use super::*;

    #[test]
    fn gradient_in_the_unbounded_coordinates_is_the_finite_difference() {
        let mut random = SplitMix64::new(5);
        let returns: Vec<f64> = (0..200).map(|_| 1.3 * random.normal()).collect();
        let sample = Sample::new(&returns);
        for at in [start(0.9, 0.1), [0.2, -1.0, 0.5, -0.5, 1.0]] {
            let analytic = objective(&sample, at).gradient;
            for index in 0..5 {
                let moved = |by: f64| {
                    let mut moved = at;
                    moved[index] += by;
                    objective(&sample, moved).value
                };
                let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                // A likelihood of some 400 with 16 digits, over steps of 1e-6: seven of them are left.
                assert!((analytic[index] - difference).abs() < 1e-5 * (1.0 + difference.abs()), "{at:?} {index}");
            }
        }
    }
}
