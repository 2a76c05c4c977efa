//! The likelihood of GARCH(1,1) with Student-t innovations, and its gradient.

use super::parameters::GarchParameters;
use crate::{
    baselines::student_t::{log_constant, log_constant_slope},
    summation::{mean, sum},
};

/// Number of returns whose weighted squares give the variance before the first return.
const BACKCAST_RETURNS: usize = 75;

const BACKCAST_DECAY: f64 = 0.94;

/// Returns of a symbol in percent, with their moments.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    returns: &'a [f64],
    /// Their mean.
    pub(super) mean: f64,
    /// Their variance around it.
    pub(super) variance: f64,
    backcast: f64,
}

/// A log-likelihood and its derivatives by mean, omega, alpha, beta and degrees of freedom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score {
    pub(super) value: f64,
    pub(super) gradient: [f64; 5],
}

impl<'a> Sample<'a> {
    /// Returns the sample of `returns`, of which there is at least one.
    pub(super) fn new(returns: &'a [f64]) -> Self {
        let centre = mean(returns.iter().copied());
        let variance = mean(returns.iter().map(|value| (value - centre).powi(2)));
        Self { returns, mean: centre, variance, backcast: backcast(returns, centre) }
    }

    /// Returns the log-likelihood of `parameters` and its gradient; not finite for invalid parameters.
    pub(super) fn score(&self, parameters: &GarchParameters) -> Score {
        let &GarchParameters { mean, omega, alpha, beta, degrees_of_freedom: nu } = parameters;
        let mut state = State::before_the_first(parameters, self.backcast);
        let (mut kernel, mut by_mean, mut by_omega, mut by_alpha, mut by_beta, mut by_nu) =
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for &value in self.returns {
            let residual = value - mean;
            let square = residual * residual;
            let scaled = state.variance * (nu - 2.0);
            let excess = square / scaled;
            let log_excess = excess.ln_1p();
            let pull = (nu + 1.0) * excess / (1.0 + excess);
            kernel -= 0.5 * (state.variance.ln() + (nu + 1.0) * log_excess);
            let by_variance = 0.5 * (pull - 1.0) / state.variance;
            by_mean += (nu + 1.0) * residual / (scaled + square) + by_variance * state.by_mean;
            by_omega += by_variance * state.by_omega;
            by_alpha += by_variance * state.by_alpha;
            by_beta += by_variance * state.by_beta;
            by_nu += 0.5 * (pull / (nu - 2.0) - log_excess);
            state = State {
                variance: omega + alpha * square + beta * state.variance,
                by_mean: -2.0 * alpha * residual + beta * state.by_mean,
                by_omega: 1.0 + beta * state.by_omega,
                by_alpha: square + beta * state.by_alpha,
                by_beta: state.variance + beta * state.by_beta,
            };
        }
        let days = self.returns.len() as f64;
        Score {
            value: days * log_constant(nu) + kernel,
            gradient: [by_mean, by_omega, by_alpha, by_beta, days * log_constant_slope(nu) + by_nu],
        }
    }
}

/// The variance of a day and its derivatives.
struct State {
    variance: f64,
    by_mean: f64,
    by_omega: f64,
    by_alpha: f64,
    by_beta: f64,
}

impl State {
    fn before_the_first(parameters: &GarchParameters, backcast: f64) -> Self {
        let variance = parameters.omega + (parameters.alpha + parameters.beta) * backcast;
        Self { variance, by_mean: 0.0, by_omega: 1.0, by_alpha: backcast, by_beta: backcast }
    }
}

/// Returns the variance of the return after the last of `returns`, in percent squared.
pub(super) fn next_variance(returns: &[f64], parameters: &GarchParameters) -> f64 {
    let &GarchParameters { mean, omega, alpha, beta, .. } = parameters;
    let first = State::before_the_first(parameters, backcast(returns, mean)).variance;
    returns.iter().fold(first, |variance, value| omega + alpha * (value - mean).powi(2) + beta * variance)
}

/// Returns the weighted mean square of the first returns around `centre`, the default start of the PyPI package arch.
fn backcast(returns: &[f64], centre: f64) -> f64 {
    let first = &returns[..returns.len().min(BACKCAST_RETURNS)];
    let weights = || std::iter::successors(Some(1.0), |weight| Some(weight * BACKCAST_DECAY));
    let squares = first.iter().zip(weights()).map(|(value, weight)| weight * (value - centre).powi(2));
    sum(squares) / sum(weights().take(first.len()))
}

#[cfg(test)]
mod tests {
    use closecast_testkit::random::SplitMix64;

    use super::*;

    #[test]
    fn gradient_is_the_finite_difference() {
        let mut random = SplitMix64::new(3);
        let returns: Vec<f64> = (0..300).map(|day| 0.1 + (1.0 + f64::from(day % 7) / 5.0) * random.normal()).collect();
        let sample = Sample::new(&returns);
        let at = |p: [f64; 5]| {
            let parameters =
                GarchParameters { mean: p[0], omega: p[1], alpha: p[2], beta: p[3], degrees_of_freedom: p[4] };
            sample.score(&parameters)
        };
        for point in [[0.05, 0.1, 0.08, 0.88, 6.0], [-0.2, 1.0, 0.3, 0.2, 2.4], [0.0, 0.01, 0.0, 0.95, 80.0]] {
            let analytic = at(point).gradient;
            for index in 0..5 {
                let step = 1e-6 * point[index].abs().max(0.1);
                let moved = |by: f64| {
                    let mut moved = point;
                    moved[index] += by;
                    at(moved).value
                };
                let difference = (moved(step) - moved(-step)) / (2.0 * step);
                // The likelihood is about 600 with 16 digits; over steps of 1e-7 six of them are left.
                let tolerance = 1e-5 * (1.0 + difference.abs());
                assert!((analytic[index] - difference).abs() < tolerance, "{point:?} {index}: {difference}");
            }
        }
    }
}
