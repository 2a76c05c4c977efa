//! Maximum-likelihood estimation of the smoothing weights.

use closecast_domain::{Cancel, ForecastError};

use super::{
    profile::{Profile, Weights, profile},
    smoothing::{EtsParameters, EtsTrend},
};
use crate::baselines::bfgs::{Point, minimise};

/// Bounds of `α`, and of `β`, which does not exceed `α`.
const MIN_WEIGHT: f64 = 1e-4;
const MAX_WEIGHT: f64 = 1.0 - 1e-4;

/// Bounds of `φ`: below, a slope vanishes within days; above, it cannot be distinguished from an undamped one.
const MIN_PHI: f64 = 0.8;
const MAX_PHI: f64 = 0.98;

/// Relative positions in the bounds, from 0 to 1, of the starting points: one search for each `α`, with the most likely `β` and
/// `φ`.
const ALPHAS: [f64; 3] = [0.1, 0.5, 0.95];
const BETAS: [f64; 3] = [0.002, 0.1, 0.5];
const PHIS: [f64; 2] = [0.3, 0.9];

/// One model of the family, fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EtsCandidate {
    /// Its parameters.
    pub parameters: EtsParameters,
    /// Gaussian log-likelihood of the log closes.
    pub log_likelihood: f64,
    /// Corrected Akaike information criterion; weights, initial state and error variance count as parameters.
    pub aicc: f64,
    /// Variance of a one-session error: squared errors over sessions less weights and initial states.
    pub error_variance: f64,
}

/// Returns the maximum-likelihood model with this trend; `None` if the likelihood is finite nowhere.
///
/// # Errors
/// [`ForecastError::Cancelled`] when `cancel` is set.
pub(super) fn most_likely(
    trend: EtsTrend,
    logs: &[f64],
    cancel: &Cancel,
) -> Result<Option<EtsCandidate>, ForecastError> {
    Ok(match trend {
        EtsTrend::None => search::<1>(trend, logs, cancel)?,
        EtsTrend::Additive => search::<2>(trend, logs, cancel)?,
        EtsTrend::Damped => search::<3>(trend, logs, cancel)?,
    }
    .map(|found| candidate(&found, logs.len())))
}

fn search<const N: usize>(trend: EtsTrend, logs: &[f64], cancel: &Cancel) -> Result<Option<Profile>, ForecastError> {
    let objective = |at: [f64; N]| objective(trend, at, logs);
    let betas = if N > 1 { &BETAS[..] } else { &[0.5] };
    let phis = if N > 2 { &PHIS[..] } else { &[0.5] };
    let mut best: Option<Point<N>> = None;
    for alpha in ALPHAS {
        let starts = betas.iter().flat_map(|&beta| phis.iter().map(move |&phi| [alpha, beta, phi].map(logit)));
        let starts = starts.map(|start| objective(std::array::from_fn(|i| start[i])));
        let Some(start) = starts.filter(|point| point.value.is_finite()).min_by(lower) else { continue };
        let found = minimise(objective, start.at, cancel)?;
        best = best.into_iter().chain([found]).min_by(lower);
    }
    Ok(best.and_then(|point| profile(transformed(trend, point.at).weights, logs)))
}

fn lower<const N: usize>(left: &Point<N>, right: &Point<N>) -> std::cmp::Ordering {
    left.value.total_cmp(&right.value)
}

fn logit(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

/// Weights as functions of unbounded coordinates: logits of their relative positions in the bounds.
struct Transformed {
    weights: Weights,
    /// Derivatives of `α` and `β` by the first coordinate.
    by_first: [f64; 2],
    /// Derivative of `β` by the second.
    by_second: f64,
    /// Derivative of `φ` by the third.
    by_third: f64,
}

fn transformed<const N: usize>(trend: EtsTrend, at: [f64; N]) -> Transformed {
    let place = |index: usize| {
        let share = 1.0 / (1.0 + (-at.get(index).copied().unwrap_or(0.0)).exp());
        (share, share * (1.0 - share))
    };
    let ((share, slope), (beta_share, beta_slope), (phi_share, phi_slope)) = (place(0), place(1), place(2));
    let alpha = MIN_WEIGHT + (MAX_WEIGHT - MIN_WEIGHT) * share;
    let alpha_slope = (MAX_WEIGHT - MIN_WEIGHT) * slope;
    let (beta, by_first, by_second) = match trend {
        EtsTrend::None => (0.0, 0.0, 0.0),
        _ => (
            MIN_WEIGHT + (alpha - MIN_WEIGHT) * beta_share,
            alpha_slope * beta_share,
            (alpha - MIN_WEIGHT) * beta_slope,
        ),
    };
    let (phi, by_third) = match trend {
        EtsTrend::Damped => (MIN_PHI + (MAX_PHI - MIN_PHI) * phi_share, (MAX_PHI - MIN_PHI) * phi_slope),
        _ => (1.0, 0.0),
    };
    let weights = Weights { trend, alpha, beta, phi };
    Transformed { weights, by_first: [alpha_slope, by_first], by_second, by_third }
}

/// Returns the negative log-likelihood without its constant, and the gradient in the unbounded coordinates.
fn objective<const N: usize>(trend: EtsTrend, at: [f64; N], logs: &[f64]) -> Point<N> {
    let Transformed { weights, by_first, by_second, by_third } = transformed(trend, at);
    let Some(Profile { squares, gradient: [alpha, beta, phi], .. }) = profile(weights, logs) else {
        return Point { at, value: f64::INFINITY, gradient: [f64::INFINITY; N] };
    };
    let half = 0.5 * logs.len() as f64;
    let gradient = [by_first[0] * alpha + by_first[1] * beta, by_second * beta, by_third * phi];
    Point { at, value: half * squares.ln(), gradient: std::array::from_fn(|i| half * gradient[i] / squares) }
}

fn candidate(found: &Profile, sessions: usize) -> EtsCandidate {
    let coefficients = match found.parameters.trend {
        EtsTrend::None => 2.0,
        EtsTrend::Additive => 4.0,
        EtsTrend::Damped => 5.0,
    };
    let count = sessions as f64;
    let log_likelihood = -0.5 * count * ((std::f64::consts::TAU * found.squares / count).ln() + 1.0);
    let free = coefficients + 1.0;
    EtsCandidate {
        parameters: found.parameters,
        log_likelihood,
        aicc: 2.0 * (free - log_likelihood) + 2.0 * free * (free + 1.0) / (count - free - 1.0),
        error_variance: found.squares / (count - coefficients),
    }
}

#[cfg(test)]
mod tests {
    use closecast_testkit::random::SplitMix64;

    use super::*;

    #[test]
    fn gradient_in_the_unbounded_coordinates_is_the_finite_difference() {
        let mut random = SplitMix64::new(5);
        let logs: Vec<f64> = (0..200).map(|day| 1e-3 * f64::from(day) + 0.02 * random.normal()).collect();
        let at = [0.3, -1.0, 0.5];
        let analytic = objective(EtsTrend::Damped, at, &logs).gradient;
        for index in 0..3 {
            let moved = |by: f64| {
                let mut moved = at;
                moved[index] += by;
                objective(EtsTrend::Damped, moved, &logs).value
            };
            let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            // A likelihood of some 400 with 16 digits, over steps of 1e-6: seven of them are left.
            assert!((analytic[index] - difference).abs() < 1e-5 * (1.0 + difference.abs()), "{index}: {difference}");
        }
    }

    #[test]
    fn weights_stay_within_their_bounds() {
        for far in [-800.0, 800.0] {
            let weights = transformed(EtsTrend::Damped, [far, far, far]).weights;
            assert!((MIN_WEIGHT..=MAX_WEIGHT).contains(&weights.alpha), "{weights:?}");
            assert!((MIN_WEIGHT..=weights.alpha).contains(&weights.beta), "{weights:?}");
            assert!((MIN_PHI..=MAX_PHI + 1e-15).contains(&weights.phi), "{weights:?}");
        }
    }

    #[test]
    fn search_stops_when_cancelled() {
        let cancel = Cancel::new();
        cancel.cancel();
        let logs = [0.0, 0.01, 0.005, 0.02, 0.01];
        assert!(matches!(most_likely(EtsTrend::None, &logs, &cancel), Err(ForecastError::Cancelled)));
    }
}
